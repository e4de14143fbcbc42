//! People of the MSP, with a session each. Their sign-in itself is tested beside `session/callback`.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use sandbox::identity::CLIENTS;
use serde_json::{Value, json};
use service_manager::domain::fingerprint::Fingerprint;
use service_manager::domain::msp::MspId;
use service_manager::domain::person::PersonAddress;
use service_manager::domain::role::Role;
use service_manager::store::{IdentityRecord, PersonRecord, SessionPerson, SessionRecord};

use super::Msp;
use crate::client::merged;

impl Msp {
    /// Returns the MSP's id.
    pub fn id(&self) -> MspId {
        let url = self.api_url.as_deref().unwrap_or(&self.bss.stack.dropsuite_url);
        MspId::from_reseller_token(&url.parse().unwrap(), &self.partner.reseller_token.into())
    }

    /// Connects the identity provider of the stack.
    pub async fn connects_provider(&self) {
        self.done("identity/save", &self.provider(json!({}))).await;
    }

    /// Returns the body of `identity/save` for the identity provider of the stack, merged with `more`.
    pub fn provider(&self, more: Value) -> Value {
        let issuer = self.bss.stack.identity.issuer();
        let client = CLIENTS[usize::from(self.partner.number) - 1];
        merged(json!({"issuer": issuer, "clientId": client.id, "clientSecret": client.secret}), more)
    }

    /// Begins the sign-in of a person. Returns the answer.
    pub async fn starts(&self) -> Value {
        self.with_token(None).done("session/start", &json!({"msp": self.id().to_string()})).await
    }

    /// Signs a person in at the provider. Returns the body of `session/callback`.
    pub fn at_provider(&self, started: &Value, email: &str) -> Value {
        let back = self.bss.stack.identity.sign_in(started["url"].as_str().unwrap(), email).unwrap();
        let query: BTreeMap<String, String> = back.query_pairs().into_owned().collect();
        let (_, msp) = back.path().rsplit_once("/signed-in-").unwrap();
        json!({
            "code": query["code"], "state": query["state"], "iss": query["iss"], "msp": msp, "signIn": started["signIn"],
        })
    }

    /// Signs a person in. Returns the answer of `session/callback`.
    pub async fn signs_in(&self, email: &str) -> (u16, Value) {
        let body = self.at_provider(&self.starts().await, email);
        self.with_token(None).post("session/callback", &body).await
    }

    /// Writes a person with this role and a session of it. The MSP must be signed in. Returns a client of the person.
    pub async fn person(&self, name: &str, role: Role) -> Self {
        let (stack, msp) = (&self.bss.stack, self.id());
        let (store, now) = (&stack.app.store, stack.clock.now());
        let address = PersonAddress::parse(&format!("{name}@msp.example")).unwrap();
        let before = store.person(msp, &address).await.unwrap();
        let added_at = before.as_ref().map_or(now, |before| before.added_at);
        let person = PersonRecord { address: address.clone(), role, added_at, updated_at: now, subject: None };
        assert!(store.replace_person(msp, &address, before.as_ref(), Some(&person), None).await.unwrap());
        let identity = store.identity(msp).await.unwrap();
        let provider_updated_at = identity.as_ref().map_or(now, |identity| identity.updated_at);
        if identity.is_none() {
            let [issuer, client_id, sealed] = ["https://idp.example", "portal", "x"].map(str::to_owned);
            let identity = IdentityRecord { issuer, client_id, sealed, updated_at: now };
            assert!(store.replace_identity(msp, None, Some(&identity), None).await.unwrap());
        }
        let token = format!("session-of-{name}-{}", now.as_nanosecond());
        let enrolled = store.enrolled_msp(msp).await.unwrap().unwrap();
        let session = SessionRecord {
            msp,
            credentials_id: enrolled.credentials_id,
            expires_at: (now + SignedDuration::from_mins(30)).as_second(),
            began_at: Some(now.as_second()),
            token: enrolled.token,
            person: Some(SessionPerson { address, added_at, provider_updated_at }),
        };
        store.save_session(&Fingerprint::hash(&token.as_str()), &session).await.unwrap();
        self.with_token(Some(&token))
    }
}
