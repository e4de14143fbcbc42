//! `GET accounts/syncoptions`

use crate::client::Bss;

#[tokio::test]
async fn declares_username_role_and_parent() {
    let bss = Bss::start().await;
    let (status, options) = bss.get("accounts/syncoptions").await;
    assert_eq!(status, 200);
    insta::assert_json_snapshot!(options);
    assert_eq!(bss.stack.dropsuite.calls(), []);
}
