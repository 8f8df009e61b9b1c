Feature: Cancelling
  A customer may change their mind. Whether that is still possible is assessed, and then everything is undone,
  or nothing.

  @id:cancel-in-time @api:TMF622 @needs:TMF641
  Scenario: An order that is cancelled in time is undone
    Given the customer wants a single product
    And it is an order that does not end by itself
    And the customer has ordered it
    And the order has reached "inProgress"
    When the customer cancels the order
    Then the cancellation is carried out
    And the order reaches "cancelled"
    And the order has only moved along its published lifecycle

  @id:cancel-undoes-services @api:TMF622 @needs:TMF637 @needs:TMF638 @needs:TMF641
  Scenario: Nothing of a cancelled order stays in use
    Given the customer wants a bundle
    And it is an order that does not end by itself
    And the customer has ordered it
    And the order has reached "inProgress"
    When the customer cancels the order
    Then the order reaches "cancelled"
    And nothing of the order is in use

  @id:cancel-denied @api:TMF622 @needs:TMF637 @needs:TMF638 @needs:TMF641
  Scenario: An order that is too far along goes on
    Given the customer wants a single product
    And it is an order that can no longer be cancelled
    And the customer has ordered it
    And the order has reached "inProgress"
    When the customer cancels the order
    Then the cancellation is denied
    And the order reaches "completed"
    And the customer holds an active product for every item of the order

  @id:cancel-too-late @api:TMF622
  Scenario: A completed order cannot be cancelled
    Given the customer has chosen an offering in the product catalog
    And the customer wants the published offering
    And the customer has ordered it
    And the order has reached "completed"
    When the customer cancels the order
    Then the completed order cannot be cancelled

  @id:cancel-unknown @api:TMF622
  Scenario: An order that nobody knows cannot be cancelled
    When the customer cancels an order that nobody knows
    Then the cancellation is refused
