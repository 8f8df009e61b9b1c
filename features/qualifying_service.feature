Feature: Qualifying service
  Whether a service is technically possible at an address is asked before the order, so that the order does
  not fail late.

  @id:service-possible @api:TMF645
  Scenario: A service is possible with all the speed that is wanted
    Given the customer wants the service
    And the customer lives where everything is possible
    When the channel asks whether the service is possible there
    Then the service is "qualified"
    And the result of the whole agrees with its only item

  @id:service-limited-speed @api:TMF645
  Scenario: A service is possible with less speed
    Given the customer wants the service
    And the customer lives where only less speed is possible
    When the channel asks whether the service is possible there
    Then the service is "alternate"
    And the customer is told why
    And less speed is proposed

  @id:service-limited-speed-holds @api:TMF645
  Scenario: The lower speed that is proposed is possible indeed
    Given the customer wants the service
    And the customer lives where only less speed is possible
    When the channel asks whether the service is possible there
    Then the service is "alternate"
    And the proposed service is possible there

  @id:service-alternative @api:TMF645
  Scenario: Another service is possible instead
    Given the customer wants the service
    And the customer lives where something else is possible
    When the channel asks whether the service is possible there
    Then the service is "alternate"
    And an alternative is proposed
    And the proposed service is possible there

  @id:service-impossible @api:TMF645
  Scenario: No service is possible
    Given the customer wants the service
    And the customer lives where nothing is possible
    When the channel asks whether the service is possible there
    Then the service is "unqualified"
    And the customer is told why
    And no alternative is proposed

  @id:service-listed @api:TMF645
  Scenario: The channel learns which services are possible at an address
    Given the customer wants the service
    And the customer lives where everything is possible
    When the channel asks which services are possible there
    Then the service is listed

  @id:service-not-listed @api:TMF645
  Scenario: Where a service is impossible, it is not listed
    Given the customer wants the service
    And the customer lives where nothing is possible
    When the channel asks which services are possible there
    Then the service is not listed

  @id:service-worked-out-later @api:TMF645
  Scenario: A check of an address may take its time
    Given the customer wants the service
    And the customer lives where everything is possible
    When the channel asks for a check of the service to be worked out
    Then the service is "qualified"
