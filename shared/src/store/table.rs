//! The table's definition, for engines where no template creates the table.

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
    ScalarAttributeType, StreamSpecification, StreamViewType, TimeToLiveSpecification,
};

use super::keys::{PARTITION, SORT};
use super::work_index::{INDEX, SHARD, WORK_DUE_AT};
use super::{Store, StoreError};

/// TTL attribute: the time from which an item may be deleted, in seconds since the epoch.
pub const TIME_TO_LIVE: &str = "expires_at";

impl Store {
    /// Creates the table if it does not exist.
    pub async fn create_table(&self) -> Result<(), StoreError> {
        let attribute = |name: &str, kind: ScalarAttributeType| {
            AttributeDefinition::builder().attribute_name(name).attribute_type(kind).build()
        };
        let key = |name: &str, kind: KeyType| KeySchemaElement::builder().attribute_name(name).key_type(kind).build();
        let schema = |error: aws_sdk_dynamodb::error::BuildError| StoreError::Unreadable(error.to_string());
        let index = GlobalSecondaryIndex::builder()
            .index_name(INDEX)
            .key_schema(key(SHARD, KeyType::Hash).map_err(schema)?)
            .key_schema(key(WORK_DUE_AT, KeyType::Range).map_err(schema)?)
            .projection(Projection::builder().projection_type(ProjectionType::KeysOnly).build())
            .build()
            .map_err(schema)?;
        // Consumers of the stream read the record again, because an image may be outdated when it arrives.
        let stream = StreamSpecification::builder()
            .stream_enabled(true)
            .stream_view_type(StreamViewType::KeysOnly)
            .build()
            .map_err(schema)?;
        let created = self
            .client
            .create_table()
            .table_name(&self.table)
            .attribute_definitions(attribute(PARTITION, ScalarAttributeType::S).map_err(schema)?)
            .attribute_definitions(attribute(SORT, ScalarAttributeType::S).map_err(schema)?)
            .attribute_definitions(attribute(SHARD, ScalarAttributeType::S).map_err(schema)?)
            .attribute_definitions(attribute(WORK_DUE_AT, ScalarAttributeType::N).map_err(schema)?)
            .key_schema(key(PARTITION, KeyType::Hash).map_err(schema)?)
            .key_schema(key(SORT, KeyType::Range).map_err(schema)?)
            .global_secondary_indexes(index)
            .billing_mode(BillingMode::PayPerRequest)
            .stream_specification(stream)
            .send()
            .await;
        if let Err(error) = created
            && !matches!(error.as_service_error(), Some(CreateTableError::ResourceInUseException(_)))
        {
            return Err(StoreError::unavailable(error));
        }
        self.enable_time_to_live().await
    }

    async fn enable_time_to_live(&self) -> Result<(), StoreError> {
        let specification = TimeToLiveSpecification::builder()
            .attribute_name(TIME_TO_LIVE)
            .enabled(true)
            .build()
            .map_err(|error| StoreError::Unreadable(error.to_string()))?;
        let enabled = self
            .client
            .update_time_to_live()
            .table_name(&self.table)
            .time_to_live_specification(specification)
            .send()
            .await;
        match enabled {
            Ok(_) => Ok(()),
            // TTL is already enabled: the table was kept on disk.
            Err(error) if error.code() == Some("ValidationException") => Ok(()),
            Err(error) => Err(StoreError::unavailable(error)),
        }
    }
}
