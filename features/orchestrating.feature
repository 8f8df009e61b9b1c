Feature: Orchestrating
  Customer order management takes an order apart into services, and has them ordered in the right sequence.
  The channel sees nothing of that but the state of its order.

  @id:orchestrate-service-orders @api:TMF622 @needs:TMF641
  Scenario: A product order is carried out by service orders
    Given the customer wants a single product
    When the customer orders it
    Then service orders carry it out
    And every item of the service orders names the service that it is about
    And the order reaches "completed"
    And the service orders are completed

  @id:orchestrate-in-sequence @api:TMF622 @needs:TMF641
  Scenario: Services are ordered together with what they rest on
    Given the customer wants a single product
    When the customer orders it
    Then service orders carry it out
    And customer-facing services rely on what they rest on

  @id:orchestrate-bundle @api:TMF622 @needs:TMF641
  Scenario: The parts of a bundle are ordered once each
    Given the customer wants a bundle
    When the customer orders it
    Then the order reaches "completed"
    And service orders carry it out
    And each service is ordered once

  @id:orchestrate-plan @api:TMF622 @needs:COM
  Scenario: The plan of an order covers every item
    Given the customer wants a bundle
    When the customer orders it
    Then the order reaches "completed"
    And the COM has planned a holding for every item of the order
    And the COM can tell step by step how it went

  @id:orchestrate-in-progress @api:TMF622
  Scenario: An order is in progress while its services are worked on
    Given the channel listens to product ordering
    And the customer wants a single product
    And it is an order that takes its time
    When the customer orders it
    Then the order reaches "inProgress"
    And the order reaches "completed"
    And product ordering has announced that the order is "inProgress"

  @id:orchestrate-unknown-offering @api:TMF622 @needs:TMF620 @needs:TMF641
  Scenario: An order for what the catalog does not have is not carried out
    Given the customer has heard of an offering that nobody knows
    When the channel places an order for the chosen offering
    Then product ordering refuses or rejects the order
