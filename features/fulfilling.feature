Feature: Fulfilling
  Service activation carries out service orders, and writes down in the service inventory what is deployed.

  @id:fulfil-service-order @api:TMF641 @needs:TMF638
  Scenario: A service order brings an active service
    Given a service is wanted
    When the orchestrator orders it
    Then the service order reaches "completed"
    And each of its items has brought one active service

  @id:fulfil-along-the-lifecycle @api:TMF641 @needs:TMF638
  Scenario: A service comes up along its lifecycle
    Given the observer listens to service inventory
    And a service is wanted
    When the orchestrator orders it
    Then the service order reaches "completed"
    And each of its items has brought one active service
    And the services came up along their published lifecycle

  @id:fulfil-what-it-rests-on @api:TMF641 @needs:TMF638
  Scenario: What a service rests on is active before it
    Given the observer listens to service inventory
    And a service and what it rests on are wanted
    When the orchestrator orders it
    Then the service order reaches "completed"
    And each of its items has brought one active service
    And the service that rests on the other names it
    And what a service rests on was active before it

  @id:fulfil-failure @api:TMF641 @needs:TMF638
  Scenario: A service order that fails leaves nothing in use
    Given a service and what it rests on are wanted
    And it is a service order that fails
    When the orchestrator orders it
    Then the service order reaches "failed"
    And every failed item says why
    And no service that it has brought is in use

  @id:fulfil-not-before-service-order @api:TMF641 @needs:TMF638
  Scenario: No service is active before its service order is in progress
    Given the orchestrator listens to service ordering
    And the observer listens to service inventory
    And a service is wanted
    When the orchestrator orders it
    Then the service order reaches "completed"
    And no service was active before the service order was in progress

  @id:fulfil-not-before-progress @api:TMF622 @needs:TMF638 @needs:TMF641
  Scenario: No service is active before the order is in progress
    Given the channel listens to product ordering
    And the observer listens to service inventory
    And the customer wants a single product
    When the customer orders it
    Then the order reaches "completed"
    And no service was active before the order was in progress
