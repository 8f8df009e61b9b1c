Feature: Architecture
  The roles meet at the boundaries that the standard draws, and nowhere else. The journals of the rig tell who
  has spoken to whom.

  @id:architecture-channel @api:TMF622 @needs:journal
  Scenario: The channel touches nothing behind product ordering
    Given the customer wants a bundle
    When the customer orders it
    Then the order reaches "completed"
    And the channel has spoken to nothing behind product ordering

  @id:architecture-service-orders @api:TMF641 @needs:TMF622 @needs:journal
  Scenario: Only the COM places service orders
    Given the customer wants a bundle
    When the customer orders it
    Then the order reaches "completed"
    And service orders carry it out
    And only the COM has placed service orders

  @id:architecture-products @api:TMF637 @needs:TMF622 @needs:journal
  Scenario: Only the COM writes products
    Given the customer wants a bundle
    When the customer orders it
    Then the order reaches "completed"
    And product inventory has exactly one product for every item of the order
    And only the COM has written products

  @id:architecture-services @api:TMF638 @needs:TMF622 @needs:journal
  Scenario: Only activation writes services
    Given the customer wants a bundle
    When the customer orders it
    Then the order reaches "completed"
    And every active product of the order is backed by active services
    And only activation has written services

  @id:architecture-active-is-backed @api:TMF637 @needs:TMF622 @needs:TMF638
  Scenario: Every active product is backed by active services
    Given the customer wants a product and an add-on that relies on it
    When the customer orders it
    Then the order reaches "completed"
    And every active product of the order is backed by active services

  @id:architecture-by-notification @api:TMF622 @needs:COM @needs:journal
  Scenario: The COM hears of orders by notification
    Given the customer wants a single product
    When the customer orders it
    Then the order reaches "completed"
    And the COM has heard of the order by a notification
    And product ordering has called nobody to fulfil the order
    And nobody but the COM and the channel has changed the order

  @id:architecture-qualifies-without-catalog @api:TMF679
  Scenario: A qualification does not depend on what the catalog knows
    Given the customer has heard of an offering that nobody knows
    When the channel asks whether the offering can be sold
    Then the channel is answered all the same
