//! Reading back what is deployed, and comparing it with the configuration.

use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::SolCall;
use serde::Serialize;
use serde_json::json;
use tern_contracts::Artifact;
use tern_l1::{Kind, L1, L1Error};

use crate::{DeployError, Goal, Plan, Step, code::is_like};

/// One fact, as configured and as found on L1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// The contract that says so.
    pub contract: &'static str,
    /// The fact.
    pub what: String,
    /// As the configuration has it.
    pub expected: String,
    /// As L1 has it.
    pub found: String,
    /// Whether the two are equal.
    pub ok: bool,
    /// Who may have changed it since the deployment, if anybody may.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed_by: Option<&'static str>,
}

/// What was read back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Every fact.
    pub rows: Vec<Row>,
}

impl Report {
    /// Whether everything is as configured.
    pub fn is_right(&self) -> bool {
        !self.rows.is_empty() && self.rows.iter().all(|row| row.ok)
    }
}

/// Reads everything back.
pub async fn check(l1: &L1, plan: &Plan) -> Result<Report, DeployError> {
    l1.expect_chain(plan.config.l1.chain_id)?;
    let mut reader = Reader { l1, report: Report::default(), contract: "" };
    for step in &plan.steps {
        reader.code(step).await?;
    }
    reader.council(plan).await?;
    reader.factory(plan).await?;
    reader.governance(plan).await?;
    reader.lanes(plan).await?;
    reader.inbox(plan).await?;
    reader.settlement(plan).await?;
    reader.bridge(plan).await?;
    Ok(reader.report)
}

pub(crate) struct Reader<'a> {
    l1: &'a L1,
    report: Report,
    pub(crate) contract: &'static str,
}

impl Reader<'_> {
    /// Compares one fact. Nothing found is a difference.
    pub(crate) fn row<T: ToString>(&mut self, what: &str, expected: T, found: Option<T>) {
        self.row_changed_by(None, what, expected, found);
    }

    /// As `row`, for what somebody may have changed since.
    #[expect(clippy::needless_pass_by_value, reason = "facts are made where they are compared")]
    pub(crate) fn row_changed_by<T: ToString>(
        &mut self,
        changed_by: Option<&'static str>,
        what: &str,
        expected: T,
        found: Option<T>,
    ) {
        let expected = expected.to_string();
        let found = found.map_or_else(|| "no answer".to_owned(), |found| found.to_string());
        let ok = expected == found;
        let (contract, what) = (self.contract, what.to_owned());
        let changed_by = changed_by.filter(|_| !ok);
        self.report.rows.push(Row { contract, what, expected, found, ok, changed_by });
    }

    /// What a view answers; nothing if it does not answer as its interface says.
    pub(crate) async fn ask<C: SolCall>(
        &self,
        to: Address,
        call: C,
    ) -> Result<Option<C::Return>, DeployError> {
        match self.l1.view(C::SIGNATURE, to, call.abi_encode()).await {
            Ok(answer) => Ok(C::abi_decode_returns_validate(&answer).ok()),
            Err(L1Error::Reverted { .. }) => Ok(None),
            // A halt of tampered code is no failure of the node.
            Err(error @ L1Error::Refused { .. }) if error.kind() == Kind::Stop => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    pub(crate) async fn storage(&self, of: Address, slot: B256) -> Result<B256, DeployError> {
        Ok(self.l1.storage(of, U256::from_be_bytes(slot.0)).await?)
    }

    /// The code must be exactly what the constructor makes with these arguments at this address,
    /// immutable values included.
    async fn code(&mut self, step: &Step) -> Result<(), DeployError> {
        let Goal::Code { artifact, arguments } = &step.goal else { return Ok(()) };
        self.contract = step.name;
        let code = self.l1.code(step.address).await?;
        let found = if code.is_empty() {
            "nothing is there"
        } else if !is_like(artifact, &code) {
            "other code"
        } else {
            match self.constructed(step.address, artifact, arguments).await? {
                Some(made) if made == code => "as compiled",
                Some(_) => "as compiled, with other values",
                // The node cannot say; the values are also asked for one by one.
                None => "as compiled",
            }
        };
        self.row(&format!("code at {}", step.address), "as compiled", Some(found));
        Ok(())
    }

    /// What the constructor returns if it runs at that address, on empty storage.
    async fn constructed(
        &self,
        at: Address,
        artifact: &Artifact,
        arguments: &[u8],
    ) -> Result<Option<Bytes>, DeployError> {
        let code: Bytes = [artifact.creation.as_ref(), arguments].concat().into();
        // What the constructor creates itself is there already, in the way of doing it again.
        let overrides = json!({
            at.to_string(): { "code": code, "state": {}, "nonce": "0x1" },
            at.create(1).to_string(): { "code": "0x", "state": {}, "nonce": "0x0" },
        });
        let call = json!({ "to": at, "input": "0x" });
        match self.l1.ask::<_, Bytes>("eth_call", (call, "latest", overrides)).await {
            Ok(made) => Ok(Some(made)),
            Err(L1Error::Refused { .. } | L1Error::Reverted { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}
