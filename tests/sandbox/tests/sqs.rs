//! Tests of the queues with the AWS SDK's client.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test's own calls must succeed")]

use std::sync::Arc;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_sqs::error::ProvideErrorMetadata;
use aws_sdk_sqs::types::{
    BatchResultErrorEntry, DeleteMessageBatchRequestEntry, Message, MessageSystemAttributeName, QueueAttributeName,
    SendMessageBatchRequestEntry, SendMessageBatchResultEntry,
};
use jiff::SignedDuration;
use sandbox::aws;
use sandbox::clock::SandboxClock;
use sandbox::serve::{Server, serve};
use sandbox::sqs::Queues;
use serde_json::{Value, json};
use service_manager::auth::encryption::Sealer;
use service_manager::http_client::aws_http_client;
use tokio::net::TcpListener;

const URL: &str = "https://sqs.eu-west-1.amazonaws.com/000000000000/work";

struct Fixture {
    server: Server,
    client: Client,
    queues: Queues,
    clock: SandboxClock,
}

impl Fixture {
    async fn start() -> Self {
        let clock = SandboxClock::default();
        let queues = Queues::new(clock.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = serve(listener, aws::router(&queues, &Arc::new(Sealer::local(None).unwrap()))).unwrap();
        let config = aws_sdk_sqs::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .http_client(aws_http_client().unwrap())
            .endpoint_url(format!("http://{}", server.address()))
            .credentials_provider(Credentials::new("local", "local", None, None, "test"))
            .region(Region::new("eu-west-1"))
            .build();
        Self { server, client: Client::from_conf(config), queues, clock }
    }

    async fn send(&self, body: &str, delay: i32) -> Result<(), String> {
        let sent = self.client.send_message().queue_url(URL).message_body(body).delay_seconds(delay).send().await;
        sent.map(drop).map_err(|error| error.code().unwrap_or_default().to_owned())
    }

    async fn receive(&self, most: i32, visibility: i32) -> Vec<Message> {
        let receive = self.client.receive_message().queue_url(URL).max_number_of_messages(most);
        let receive = receive.visibility_timeout(visibility).wait_time_seconds(20);
        let receive = receive.message_system_attribute_names(MessageSystemAttributeName::All);
        receive.send().await.unwrap().messages.unwrap_or_default()
    }

    async fn delete(&self, message: &Message) {
        let receipt = message.receipt_handle().unwrap();
        self.client.delete_message().queue_url(URL).receipt_handle(receipt).send().await.unwrap();
    }

    /// Returns the numbers of visible, in-flight and delayed messages.
    async fn counts(&self) -> [String; 3] {
        let asked = self.client.get_queue_attributes().queue_url(URL).attribute_names(QueueAttributeName::All);
        let attributes = asked.send().await.unwrap().attributes.unwrap();
        [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
            QueueAttributeName::ApproximateNumberOfMessagesDelayed,
        ]
        .map(|name| attributes[&name].clone())
    }

    fn pass(&self, seconds: i64) {
        self.clock.advance(SignedDuration::from_secs(seconds));
    }
}

fn bodies(messages: &[Message]) -> Vec<&str> {
    messages.iter().map(|message| message.body().unwrap()).collect()
}

#[tokio::test]
async fn a_message_reappears_after_its_visibility_timeout() {
    let fixture = Fixture::start().await;
    fixture.send("one", 0).await.unwrap();
    let first = fixture.receive(10, 60).await;
    assert_eq!(bodies(&first), ["one"]);
    assert!(fixture.receive(10, 60).await.is_empty());
    fixture.pass(59);
    assert!(fixture.receive(10, 60).await.is_empty());
    fixture.pass(1);
    let second = fixture.receive(10, 60).await;
    assert_eq!(bodies(&second), ["one"]);
    let attributes = second[0].attributes().unwrap();
    assert_eq!(attributes[&MessageSystemAttributeName::ApproximateReceiveCount], "2");
    assert!(attributes[&MessageSystemAttributeName::SentTimestamp].parse::<i64>().is_ok());

    fixture.delete(&first[0]).await;
    assert_eq!(fixture.queues.messages("work"), ["one"], "an old receipt deletes nothing");
    fixture.delete(&second[0]).await;
    assert!(fixture.queues.messages("work").is_empty());
}

#[tokio::test]
async fn attributes_are_returned_only_on_request() {
    let fixture = Fixture::start().await;
    fixture.queues.send("work", "one");
    let received = fixture.client.receive_message().queue_url(URL).send().await.unwrap().messages.unwrap();
    assert!(received[0].attributes().is_none_or(std::collections::HashMap::is_empty));
}

#[tokio::test]
async fn a_delayed_message_arrives_later() {
    let fixture = Fixture::start().await;
    fixture.send("later", 900).await.unwrap();
    fixture.send("now", 0).await.unwrap();
    assert_eq!(bodies(&fixture.receive(10, 0).await), ["now"]);
    assert_eq!(fixture.counts().await, ["1", "0", "1"]);
    fixture.pass(900);
    assert_eq!(bodies(&fixture.receive(10, 0).await), ["later", "now"]);
    assert_eq!(fixture.send("too late", 901).await, Err("InvalidParameterValue".to_owned()));
}

#[tokio::test]
async fn a_batch_is_sent_and_deleted() {
    let fixture = Fixture::start().await;
    let entry = |id: &str, body: &str, delay| {
        SendMessageBatchRequestEntry::builder().id(id).message_body(body).delay_seconds(delay).build().unwrap()
    };
    let entries = vec![entry("1", "a", 0), entry("2", "b", 1000), entry("3", "c", 0)];
    let sent = fixture.client.send_message_batch().queue_url(URL).set_entries(Some(entries)).send().await.unwrap();
    assert_eq!(sent.successful().iter().map(SendMessageBatchResultEntry::id).collect::<Vec<_>>(), ["1", "3"]);
    assert_eq!(sent.failed().iter().map(BatchResultErrorEntry::id).collect::<Vec<_>>(), ["2"]);

    let twice = vec![entry("1", "a", 0), entry("1", "b", 0)];
    let refused = fixture.client.send_message_batch().queue_url(URL).set_entries(Some(twice)).send().await;
    assert!(refused.unwrap_err().into_service_error().is_batch_entry_ids_not_distinct());
    let many = (0..11).map(|id| entry(&id.to_string(), "a", 0)).collect();
    let refused = fixture.client.send_message_batch().queue_url(URL).set_entries(Some(many)).send().await;
    assert!(refused.unwrap_err().into_service_error().is_too_many_entries_in_batch_request());

    let received = fixture.receive(10, 60).await;
    assert_eq!(bodies(&received), ["a", "c"]);
    assert_eq!(fixture.counts().await, ["0", "2", "0"]);
    let entries = received.iter().enumerate().map(|(id, message)| {
        let entry = DeleteMessageBatchRequestEntry::builder().id(id.to_string());
        entry.receipt_handle(message.receipt_handle().unwrap()).build().unwrap()
    });
    let entries = Some(entries.collect());
    let deleted = fixture.client.delete_message_batch().queue_url(URL).set_entries(entries).send().await.unwrap();
    assert_eq!((deleted.successful().len(), deleted.failed().len()), (2, 0));
    assert_eq!(fixture.counts().await, ["0", "0", "0"]);
}

#[tokio::test]
async fn the_visibility_timeout_can_be_changed() {
    let fixture = Fixture::start().await;
    fixture.queues.send("work", "one");
    let message = fixture.receive(1, 60).await.remove(0);
    let change = |seconds| {
        let change = fixture.client.change_message_visibility().queue_url(URL).visibility_timeout(seconds);
        change.receipt_handle(message.receipt_handle().unwrap()).send()
    };
    change(600).await.unwrap();
    fixture.pass(599);
    assert!(fixture.receive(1, 60).await.is_empty());
    change(0).await.unwrap();
    assert!(change(60).await.unwrap_err().into_service_error().is_message_not_inflight());
    assert_eq!(bodies(&fixture.receive(1, 60).await), ["one"]);
}

#[tokio::test]
async fn the_controls_show_and_remove_all_messages() {
    let fixture = Fixture::start().await;
    let client = sandbox::http_client().unwrap();
    let url = |path: &str| format!("http://{}/_sandbox/{path}", fixture.server.address());
    fixture.queues.send("dead-letters", json!({ "version": "1.0" }).to_string());
    fixture.queues.send("work", "one");
    fixture.receive(1, 60).await;
    let mut shown: Value = client.get(url("queues")).send().await.unwrap().json().await.unwrap();
    for queue in ["dead-letters", "work"] {
        for name in ["id", "sent"] {
            let member = shown[queue][0].as_object_mut().unwrap().remove(name).unwrap();
            assert!(member.is_string(), "{name}");
        }
    }
    assert_eq!(
        shown,
        json!({
            "dead-letters": [{ "body": { "version": "1.0" }, "received": 0, "visible": true }],
            "work": [{ "body": "one", "received": 1, "visible": false }]
        })
    );
    assert!(client.post(url("reset")).send().await.unwrap().status().is_success());
    assert!(fixture.queues.messages("work").is_empty());
}

#[tokio::test]
async fn a_queue_is_purged() {
    let fixture = Fixture::start().await;
    fixture.queues.send("work", "one");
    fixture.queues.send("other", "two");
    fixture.client.purge_queue().queue_url(URL).send().await.unwrap();
    assert!(fixture.queues.messages("work").is_empty());
    assert_eq!(fixture.queues.messages("other"), ["two"]);
}
