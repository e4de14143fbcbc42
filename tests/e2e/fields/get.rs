//! `GET fields/get`

use crate::client::Bss;

#[tokio::test]
async fn declares_the_settings() {
    let (status, fields) = Bss::start().await.get("fields/get").await;
    assert_eq!(status, 200);
    insta::assert_json_snapshot!(fields);
}

#[tokio::test]
async fn needs_no_settings() {
    let bss = Bss::start().await;
    let unset = bss.without("x-cloudplatform-setting-resellertoken").without("x-cloudplatform-setting-accesstoken");
    assert_eq!(unset.get("fields/get").await, bss.get("fields/get").await);
    assert_eq!(bss.stack.dropsuite.calls(), []);
}
