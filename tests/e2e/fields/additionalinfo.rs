//! `GET fields/additionalinfo`

use serde_json::json;

use crate::client::Bss;

#[tokio::test]
async fn is_a_string_map_and_needs_no_settings() {
    for bss in [Bss::start().await, Bss::with_dropbox().await] {
        let declared = bss.get("fields/get").await.1;
        let additional = declared["Fields"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|field| field["Definition"]["IsAdditionalField"] == true);
        assert_eq!(additional.count(), 0, "no field has its value here: {declared}");
        assert_eq!(bss.get("fields/additionalinfo").await, (200, json!({})));
        let unset = bss.without("x-cloudplatform-setting-resellertoken").without("x-cloudplatform-setting-apikey");
        assert_eq!(unset.get("fields/additionalinfo").await, (200, json!({})));
    }
}
