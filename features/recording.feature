Feature: Recording
  What a customer holds is recorded in the product inventory, once it is deployed, and never more than that.

  @id:record-product @api:TMF637 @needs:TMF622 @needs:TMF638
  Scenario: A completed order leaves the customer with an active product
    Given the customer wants a single product
    When the customer orders it
    Then the order reaches "completed"
    And the customer holds an active product for every item of the order
    And the product tells when it began

  @id:record-once @api:TMF637 @needs:TMF622
  Scenario: Every item of an order becomes one product
    Given the customer wants two products
    When the customer orders it
    Then the order reaches "completed"
    And product inventory has exactly one product for every item of the order

  @id:record-what-was-ordered @api:TMF637 @needs:TMF622
  Scenario: A product tells who holds it, what it is and where it is used
    Given the customer wants a single product
    When the customer orders it
    Then the order reaches "completed"
    And the product tells who holds it, what it is and where it is used

  @id:record-only-what-is-deployed @api:TMF637 @needs:TMF622 @needs:TMF638
  Scenario: An active product rests on active services
    Given the customer wants two products
    When the customer orders it
    Then the order reaches "completed"
    And every active product of the order is backed by active services

  @id:record-not-before-deployed @api:TMF637 @needs:TMF622 @needs:TMF638
  Scenario: No product is active before its services are
    Given the observer listens to product inventory
    And the observer listens to service inventory
    And the customer wants a single product
    When the customer orders it
    Then the order reaches "completed"
    And the customer holds an active product for every item of the order
    And no product was active before its services

  @id:record-bundle @api:TMF637 @needs:TMF622 @needs:TMF638
  Scenario: A bundle is recorded with its parts
    Given the customer wants a bundle
    When the customer orders it
    Then the order reaches "completed"
    And the customer holds an active product for every item of the order
    And the bundle holds the products of its parts together

  @id:record-nothing-that-failed @api:TMF637 @needs:TMF622 @needs:TMF638 @needs:TMF641
  Scenario: An order that failed leaves the customer with nothing
    Given the customer wants a single product
    And it is an order that fails
    When the customer orders it
    Then the order reaches "failed"
    And no product of the order is in use
