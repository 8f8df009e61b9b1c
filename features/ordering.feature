Feature: Ordering
  A customer orders in the digital channel what the product catalog offers,
  and the channel can follow the order until it is completed.

  @id:order-reaches-completed @api:TMF622
  Scenario: A customer's order reaches completed
    Given the channel listens to product ordering
    And the customer has chosen an offering in the product catalog
    When the channel places an order for the chosen offering
    Then product ordering takes the order
    And the order reaches "completed"
    And every item of the order is "completed"
    And the order tells when it was completed
    And product ordering has announced the new order
    And product ordering has announced that the order is "completed"
    And the order has only moved along its published lifecycle
