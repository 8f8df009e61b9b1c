Feature: Browsing
  A customer looks around in the digital channel. What the channel shows comes from the product catalog:
  what is for sale, what it costs, and how it can be configured.

  @id:browse-offerings @api:TMF620
  Scenario: The channel shows what is for sale
    Given the customer has chosen the "single" offering
    When the channel browses what is for sale
    Then the offering is among them
    And every offering that is shown is for sale

  @id:browse-price @api:TMF620
  Scenario: An offering tells its price
    Given the customer has chosen the "single" offering
    When the channel opens the offering
    Then the offering tells its price

  @id:browse-configuration @api:TMF620
  Scenario: An offering leads to what can be configured
    Given the customer has chosen the "single" offering
    When the channel opens the offering
    Then the offering leads to a specification with what can be configured

  @id:browse-bundle @api:TMF620
  Scenario: A bundle names its parts
    Given the customer has chosen the "bundle" offering
    When the channel opens the offering
    Then the bundle names its parts, and each of them can be opened

  @id:browse-add-on @api:TMF620
  Scenario: An add-on says what it can be added to
    Given the customer has chosen the "add_on" offering
    When the channel opens the offering
    Then the offering names what it needs, and that can be opened

  @id:browse-not-for-sale @api:TMF620
  Scenario: What is no longer sold is not shown
    Given the customer has chosen the "unavailable" offering
    When the channel browses what is for sale
    Then the offering is not among them

  @id:browse-new-offering @api:TMF620
  Scenario: A new offering is found as soon as it is published
    When the steward publishes a new offering
    Then the channel finds the offering when it browses what is for sale
    When the channel opens the offering
    Then the offering leads to its specification
    And the offering tells its price
