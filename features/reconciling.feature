Feature: Reconciling
  What is deployed and what the customer holds drift apart now and then. Reconciliation finds, explains and
  corrects that.

  @id:reconcile-agreement @api:COM @needs:TMF622 @needs:TMF637
  Scenario: After an order there is nothing to correct
    Given the customer holds an active product
    When the operator has the product reconciled
    Then nothing has to be corrected

  @id:reconcile-state-drift @api:COM @needs:TMF622 @needs:TMF637 @needs:TMF638
  Scenario: A service that was switched off by hand is found
    Given the customer holds an active product
    And somebody switches its service off behind the COM's back
    When the operator has the product reconciled
    Then the COM finds "stateDrift"
    And the finding names the service and explains itself
    And a correction is proposed, and nothing is changed

  @id:reconcile-state-corrected @api:COM @needs:TMF622 @needs:TMF637 @needs:TMF638
  Scenario: A service that was switched off by hand is brought into line
    Given the customer holds an active product
    And somebody switches its service off behind the COM's back
    When the operator has the product reconciled and corrected
    Then the COM finds "stateDrift"
    And the drift is corrected
    And product and services agree again

  @id:reconcile-characteristic-drift @api:COM @needs:TMF622 @needs:TMF637 @needs:TMF638
  Scenario: A service that was configured otherwise by hand is found
    Given the customer holds an active product
    And somebody changes its service behind the COM's back
    When the operator has the product reconciled
    Then the COM finds "characteristicDrift"
    And the finding names the service and explains itself

  @id:reconcile-orphan @api:COM @needs:TMF638
  Scenario: A service that nobody has ordered is found
    Given there is a service in the network that nobody has ordered
    When the operator has the service reconciled
    Then the COM finds either "orphanService" or "missingProduct"
    And the finding names the service and explains itself

  @id:reconcile-lost-product @api:COM @needs:TMF622 @needs:TMF637 @needs:TMF638
  Scenario: A product that was lost is found to be missing, and restored
    Given the customer holds an active product
    And product inventory loses the product by accident
    When the operator has the service of the product reconciled and corrected
    Then the COM finds either "missingProduct" or "orphanService"
    And the drift is corrected
    And the customer holds a product again that the service realises
