Feature: Feedback
  Who has ordered does not ask again and again: what happens is announced. Announcements may come twice, late,
  or never, and the order gets to its end all the same.

  @id:feedback-every-state @api:TMF622
  Scenario: Every state of an order is announced
    Given the channel listens to product ordering
    And the customer wants a single product
    When the customer orders it
    Then the order reaches "completed"
    And every state of the order was announced
    And product ordering has announced that the order is "completed"

  @id:feedback-end-is-the-end @api:TMF622
  Scenario: The last thing that is announced of an order is its end
    Given the channel listens to product ordering
    And the customer wants a single product
    When the customer orders it
    Then the order reaches "completed"
    And no announced state comes after the end of the order
    And no event about the order is announced twice

  @id:feedback-failure @api:TMF622 @needs:TMF641
  Scenario: A failure is announced as well
    Given the channel listens to product ordering
    And the customer wants a single product
    And it is an order that fails
    When the customer orders it
    Then the order reaches "failed"
    And product ordering has announced that the order is "failed"

  @id:feedback-services @api:TMF638 @needs:TMF622
  Scenario: What is deployed is announced
    Given the observer listens to service inventory
    And the customer wants a single product
    When the customer orders it
    Then the order reaches "completed"
    And service inventory has announced every active service of the order

  @id:feedback-duplicate @api:TMF622 @needs:TMF637 @needs:TMF638
  Scenario: What is announced twice happens once
    Given the customer wants a single product
    And it is an order that is announced twice
    When the customer orders it
    Then the order reaches "completed"
    And product inventory has exactly one product for every item of the order
    And every active product of the order is backed by active services

  @id:feedback-out-of-order @api:TMF622 @needs:TMF637 @needs:TMF638
  Scenario: What is announced out of order comes to the same end
    Given the customer wants a single product
    And it is an order that is announced out of order
    When the customer orders it
    Then the order reaches "completed"
    And the customer holds an active product for every item of the order

  @id:feedback-lost @api:TMF622 @needs:TMF637 @needs:TMF638
  Scenario: An order whose announcements are lost is not forgotten
    Given the customer wants a single product
    And it is an order of which nothing is announced
    When the customer orders it
    Then the order reaches "completed"
    And the customer holds an active product for every item of the order
