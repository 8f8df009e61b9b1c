Feature: Lifecycle
  From the first look at an offering to the day on which a product ends: what a customer lives through, across
  all roles.

  @id:life-from-browsing-to-holding @api:TMF622 @needs:TMF620 @needs:TMF679 @needs:TMF637 @needs:TMF638
  Scenario: A customer browses, asks, orders and holds
    Given the channel listens to product ordering
    And the customer has chosen the "single" offering
    And the customer lives where everything is possible
    When the channel browses what is for sale
    Then the offering is among them
    When the channel asks whether the offering can be sold there
    Then the offering is "qualified"
    When the channel places an order for the chosen offering
    Then product ordering takes the order
    And the order reaches "completed"
    And product ordering has announced that the order is "completed"
    And the customer holds an active product for every item of the order

  @id:life-single @api:TMF622 @needs:TMF637 @needs:TMF638
  Scenario: A single product is ordered and held
    Given the customer wants a single product
    When the customer orders it
    Then the order reaches "completed"
    And every item of the order is "completed"
    And the customer holds an active product for every item of the order

  @id:life-bundle @api:TMF622 @needs:TMF637 @needs:TMF638
  Scenario: A bundle is ordered and held with all its parts
    Given the customer wants a bundle
    When the customer orders it
    Then the order reaches "completed"
    And every item of the order is "completed"
    And the customer holds an active product for every item of the order

  @id:life-add-on-together @api:TMF622 @needs:TMF637 @needs:TMF638
  Scenario: A product and its add-on are ordered together
    Given the customer wants a product and an add-on that relies on it
    When the customer orders it
    Then the order reaches "completed"
    And the customer holds an active product for every item of the order

  @id:life-add-on @api:TMF622 @needs:TMF637 @needs:TMF638
  Scenario: An add-on is ordered later, to a product that the customer holds
    Given the customer holds an active product
    When the customer orders an add-on to the product
    Then the order reaches "completed"
    And the product is "active"
    And the customer holds an active product for every item of the order

  @id:life-modify @api:TMF622 @needs:TMF637 @needs:TMF638
  Scenario: A product is changed
    Given the customer holds an active product
    When the customer orders a change of the product
    Then the order reaches "completed"
    And the product shows the change
    And the services of the product show the change
    And the product is "active"

  @id:life-suspend @api:TMF622 @needs:TMF637 @needs:TMF638
  Scenario: A product is suspended
    Given the customer holds an active product
    When the customer orders the product to be suspended
    Then the order reaches "completed"
    And the product is "suspended"
    And the services of the product are "inactive"

  @id:life-resume @api:TMF622 @needs:TMF637 @needs:TMF638
  Scenario: A suspended product is resumed
    Given the customer holds an active product
    When the customer orders the product to be suspended
    Then the order reaches "completed"
    When the customer orders the product to be resumed
    Then the order reaches "completed"
    And the product is "active"
    And the services of the product are "active"

  @id:life-terminate @api:TMF622 @needs:TMF637 @needs:TMF638
  Scenario: A product is ended
    Given the customer holds an active product
    When the customer orders the end of the product
    Then the order reaches "completed"
    And the product is "terminated"
    And the services of the product are "terminated"
    And the product tells when it ended

  @id:life-partial @api:TMF622 @needs:TMF637 @needs:TMF638 @needs:TMF641
  Scenario: An order is delivered in part
    Given the customer wants two products
    And it is an order that is delivered only in part
    When the customer orders it
    Then the order reaches "partial"
    And some items of the order are completed, and some are failed
    And the customer holds what was delivered, and nothing of what failed

  @id:life-part-of-a-bundle-fails @api:TMF622 @needs:TMF637 @needs:TMF638 @needs:TMF641
  Scenario: A part of a bundle fails
    Given the customer wants a bundle
    And it is an order that fails in one of its parts
    When the customer orders it
    Then the order reaches its end, and says of no failed item that it is completed
    And every active product of the order is backed by active services

  @id:life-failure @api:TMF622 @needs:TMF637 @needs:TMF638 @needs:TMF641
  Scenario: An order that fails is undone
    Given the customer wants a single product
    And it is an order that fails
    When the customer orders it
    Then the order reaches "failed"
    And every item of the order is "failed"
    And nothing of the order is in use

  @id:life-information @api:TMF622 @needs:TMF637 @needs:TMF638 @needs:TMF641
  Scenario: The customer is asked for more information
    Given the customer wants a single product
    And it is an order that needs more information
    When the customer orders it
    Then the order reaches "pending"
    And product ordering says what is needed
    When the customer gives the information that is needed
    Then the order reaches "completed"
    And the customer holds an active product for every item of the order

  @id:life-held @api:TMF622 @needs:TMF637 @needs:TMF638 @needs:TMF641
  Scenario: An order is held, and goes on when the issue is solved
    Given the customer wants a single product
    And it is an order that is held
    When the customer orders it
    Then the order reaches "held"
    When the issue is solved
    Then the order reaches "completed"
    And the customer holds an active product for every item of the order

  @id:life-lost-event-repaired @api:TMF622 @needs:COM @needs:TMF637 @needs:TMF638
  Scenario: After lost announcements reconciliation finds the inventories in agreement
    Given the customer wants a single product
    And it is an order of which nothing is announced
    When the customer orders it
    Then the order reaches "completed"
    And the customer holds an active product for every item of the order
    When the operator has the product reconciled and corrected
    Then nothing has to be corrected

  @id:life-catalog-change @api:TMF622 @needs:TMF620 @needs:TMF633 @needs:TMF637
  Scenario: An offering that is taken off the market meanwhile is still delivered to who has ordered it
    Given the steward has published a new offering
    And the customer wants the published offering
    And it is an order that takes its time
    And the customer has ordered it
    And the order has reached "inProgress"
    When the steward takes the offering off the market
    Then the order reaches "completed"
    And product inventory has exactly one product for every item of the order

  @id:life-two-versions @api:TMF622 @needs:TMF622v4 @needs:TMF622v5
  Scenario: An order is the same in both versions of product ordering
    Given the customer wants a single product
    When the customer orders it
    Then the order reaches "completed"
    And the other version of product ordering shows the same order

  @id:life-replaced-role @api:TMF622 @needs:TMF637 @needs:TMF638
  Scenario: An order is delivered although a role is played by another system
    Given one role or several are played by somebody else
    And the customer wants a single product
    When the customer orders it
    Then the order reaches "completed"
    And the customer holds an active product for every item of the order
    When the customer orders the end of the product
    Then the order reaches "completed"
    And the product is "terminated"
