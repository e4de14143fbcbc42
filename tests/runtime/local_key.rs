//! Functions beside a local stack that is in use: each can decrypt what the other encrypted.

use conformance::portal::{Step, story};
use serde_json::json;

use crate::parity::asked;
use crate::portal::Portal;

#[tokio::test(flavor = "multi_thread")]
async fn a_function_and_the_stack_decrypt_what_the_other_encrypted() {
    for stack_first in [true, false] {
        let mut portal = Portal::new().await;
        let client = sandbox::http_client().unwrap();
        let mut by_stack = stack_first;
        for step in story().unwrap() {
            match step {
                Step::Ask(ask) => {
                    let answer = if by_stack {
                        let answer =
                            asked(&client, &portal.deployed.stack, &portal.progress.request(&ask).unwrap()).await;
                        portal.progress.record(&ask, &answer["body"]).unwrap();
                        answer
                    } else {
                        portal.ask(&ask).await
                    };
                    assert_eq!(answer["status"], 200, "{:?}, by the stack: {by_stack}: {answer}", ask.endpoint);
                    by_stack = !by_stack;
                }
                Step::Stream(partition) => {
                    let event = portal.progress.written(partition).unwrap();
                    assert_eq!(portal.consume(&event).await, json!({ "batchItemFailures": [] }), "{partition}");
                }
            }
        }
        portal.end().await;
    }
}
