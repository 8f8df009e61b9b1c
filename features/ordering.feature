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

  @id:order-shows-what-was-ordered @api:TMF622
  Scenario: An order shows what was ordered
    Given the customer wants two products
    When the channel places the order
    Then product ordering takes the order
    And the order shows what was ordered
    And the channel finds the order by its external id

  @id:order-of-a-bundle-shows-its-parts @api:TMF622
  Scenario: The order of a bundle shows its parts
    Given the customer wants a bundle
    When the channel places the order
    Then product ordering takes the order
    And the order shows what was ordered

  @id:order-for-nothing @api:TMF622
  Scenario: An order for nothing is refused
    When the channel places an order with no items
    Then product ordering refuses the order
