Feature: Qualifying offers
  Before a customer orders, the channel asks whether the offering can be sold to them: commercially, and at
  their address. Who cannot have it is told why, and what could be had instead.

  @id:offer-eligible @api:TMF679
  Scenario: An offering can be sold where everything is possible
    Given the customer has chosen the "single" offering
    And the customer lives where everything is possible
    When the channel asks whether the offering can be sold there
    Then the offering is "qualified"
    And the result of the whole agrees with its only item

  @id:offer-eligible-anywhere @api:TMF679
  Scenario: An offering can be asked for before the customer gives an address
    Given the customer has chosen the "single" offering
    When the channel asks whether the offering can be sold
    Then the offering is "qualified"

  @id:offer-ineligible-with-reason @api:TMF679
  Scenario: Who cannot have an offering is told why
    Given the customer has chosen the "single" offering
    And the customer lives where nothing is possible
    When the channel asks whether the offering can be sold there
    Then the offering is "unqualified"
    And the customer is told why
    And no alternative is proposed

  @id:offer-alternative @api:TMF679
  Scenario: Where an offering is impossible, another one is proposed
    Given the customer has chosen the "single" offering
    And the customer lives where something else is possible
    When the channel asks whether the offering can be sold there
    Then the offering is "alternate"
    And an alternative is proposed
    And the proposed offering can be sold there

  @id:offer-smaller @api:TMF679
  Scenario: Where there is less speed, a smaller offering is proposed
    Given the customer has chosen the "single" offering
    And the customer lives where only less speed is possible
    When the channel asks whether the offering can be sold there
    Then the offering cannot be had there as it is
    And the customer is told why
    And the proposed offering can be sold there

  @id:offer-bundle @api:TMF679
  Scenario: A bundle can be sold where all of its parts are possible
    Given the customer has chosen the "bundle" offering
    And the customer lives where everything is possible
    When the channel asks whether the offering can be sold there
    Then the offering is "qualified"

  @id:offer-bundle-impossible @api:TMF679
  Scenario: A bundle cannot be sold where one of its parts is impossible
    Given the customer has chosen the "bundle" offering
    And the customer lives where nothing is possible
    When the channel asks whether the offering can be sold there
    Then the offering is "unqualified"
    And the customer is told why

  @id:offer-not-for-sale @api:TMF679
  Scenario: What is no longer sold does not qualify
    Given the customer has chosen the "unavailable" offering
    When the channel asks whether the offering can be sold
    Then the offering cannot be sold

  @id:offer-worked-out-later @api:TMF679
  Scenario: A qualification may take its time
    Given the customer has chosen the "single" offering
    And the customer lives where everything is possible
    When the channel asks for a qualification of the offering to be worked out
    Then the offering is "qualified"

  @id:offer-unknown @api:TMF679
  Scenario: A question about an offering that nobody knows is answered
    Given the customer has heard of an offering that nobody knows
    When the channel asks whether the offering can be sold
    Then the channel is answered all the same
    And the offering cannot be sold

  @id:offer-without-catalog @api:TMF679
  Scenario: A qualification is given while the product catalog is down
    Given the product catalog is down
    And the customer has heard of an offering that nobody knows
    When the channel asks whether the offering can be sold
    Then the channel is answered all the same
