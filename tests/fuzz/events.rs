//! Events of Lambda: API Gateway's, the stream's, the queues' and the redrive's.

use std::sync::LazyLock;

use bytes::Bytes;
use futures::FutureExt;
use http::{HeaderMap, Response};
use jiff::Timestamp;
use service_manager::app::check_queue::CheckRequest;
use service_manager::auth::applications::Applications;
use service_manager::auth::reporters::Reporters;
use service_manager::bss::{Settings, headers};
use service_manager::domain::reference::Reference;
use service_manager::runtime::gateway_event::{GatewayEvent, GatewayResponse};
use service_manager::runtime::http_api::{self, ApiRequest};
use service_manager::workers::queue;
use service_manager::workers::{redrive, stream};
use uuid::Uuid;

/// The installation of `tests/events`.
static APPLICATIONS: LazyLock<Applications> = LazyLock::new(|| {
    Applications::from_keys([(Uuid::from_u128(0xB1A7_C0DE_0000_4000_8000_0000_0000_0001), "local-demo-key".into())])
});

/// A reporter.
static REPORTERS: LazyLock<Reporters> =
    LazyLock::new(|| Reporters::from_keys([(Uuid::from_u128(1), "local-reporter-key".into())]));

/// Converts an event, authorizes its caller, and parses its body.
pub fn gateway(data: &[u8]) {
    let Ok(event) = serde_json::from_slice::<GatewayEvent>(data) else { return };
    let response: Response<Bytes> = http_api::not_found(&event.raw_path, &Reference::of(""));
    serde_json::to_vec(&GatewayResponse::from(response)).expect("a response");
    let request = ApiRequest::from(event);
    identified(&request.headers);
    let body = request.body.as_deref().unwrap_or_default();
    let now = Timestamp::from_second(1_795_256_130).expect("a time");
    // Registered keys are in memory, so nothing is waited for.
    let verified = REPORTERS.verify(&request.headers, body, now).now_or_never().expect("no wait");
    assert!(verified.is_err(), "a forged report");
    crate::bodies::bss(body);
}

fn identified(headers: &HeaderMap) {
    let _ = APPLICATIONS.authorize(headers).now_or_never().expect("no wait");
    let track = headers::track_id(headers);
    assert!(track.is_none_or(|track| track.len() <= 100 && track.bytes().all(|byte| byte.is_ascii_graphic())));
    for (name, _) in Settings::from(headers).expose() {
        assert!(!name.is_empty());
    }
}

/// Parses events of the stream, of the check queue and of the redrive.
pub fn queues(data: &[u8]) {
    if let Ok(event) = serde_json::from_slice::<stream::Event>(data) {
        for record in &event.records {
            record.changed_item();
            stream::BatchResponse::with_failures([record.sequence_number().to_owned()]);
        }
    }
    let _ = serde_json::from_slice::<queue::Event>(data);
    let _ = serde_json::from_slice::<CheckRequest>(data);
    let _ = serde_json::from_slice::<redrive::Event>(data);
}
