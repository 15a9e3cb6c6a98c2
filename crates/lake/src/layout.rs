//! How a register version lies on disk: encrypted Parquet, one file per table and person bucket,
//! sorted by person and date.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use base::VersionId;
use catalogue::register::{ColumnRole, Table, ValueType, Variable};
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::encryption::decrypt::FileDecryptionProperties;
use parquet::encryption::encrypt::FileEncryptionProperties;
use parquet::errors::ParquetError;
use parquet::file::properties::{
    EnabledStatistics, WriterProperties, WriterPropertiesBuilder, WriterVersion,
};
use parquet::schema::types::ColumnPath;

use crate::sealed::DataKey;

/// The writer's name in files: constant, so that bytes do not depend on the build.
pub(crate) const CREATED_BY: &str = "sund-lake/1";
/// Rows of a row group: small, so that a cohort can skip most of them.
const ROW_GROUP_ROWS: usize = 65_536;
/// Rows of a page.
const PAGE_ROWS: usize = 4_096;

/// The type in which a variable lies in the lake. Everything that names somebody is a number.
pub(crate) fn stored_type(variable: &Variable) -> DataType {
    match variable.role {
        ColumnRole::Person
        | ColumnRole::PersonReference
        | ColumnRole::RecordKey(_)
        | ColumnRole::FamilyKey
        | ColumnRole::ProviderKey => DataType::UInt32,
        ColumnRole::FreeText | ColumnRole::Plain => match variable.value_type {
            ValueType::Text => DataType::Utf8,
            ValueType::Integer => DataType::Int64,
            ValueType::Decimal => DataType::Float64,
            ValueType::Date => DataType::Date32,
        },
    }
}

/// The schema of a table in the lake.
pub(crate) fn stored_schema(table: &Table) -> SchemaRef {
    let fields: Vec<Field> = table
        .variables
        .iter()
        .map(|variable| {
            let nullable = variable.nullable && variable.role != ColumnRole::Person;
            Field::new(&variable.name, stored_type(variable), nullable)
        })
        .collect();
    Arc::new(Schema::new(fields))
}

/// What a bucket file is bound to: moved elsewhere, it does not open.
pub(crate) fn file_context(register: &str, version: VersionId, table: &str, bucket: u32) -> String {
    format!("{register}/{version}/{table}/{bucket}")
}

fn writer_properties() -> WriterPropertiesBuilder {
    WriterProperties::builder()
        .set_created_by(CREATED_BY.to_owned())
        .set_writer_version(WriterVersion::PARQUET_1_0)
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_write_batch_size(PAGE_ROWS)
        .set_statistics_enabled(EnabledStatistics::Page)
}

/// Properties of a bucket file.
pub(crate) fn bucket_properties(
    schema: &Schema,
    key: &DataKey,
    context: &str,
) -> Result<WriterProperties, ParquetError> {
    let encryption = FileEncryptionProperties::builder(key.expose().to_vec())
        .with_aad_prefix(context.as_bytes().to_vec())
        .with_aad_prefix_storage(false)
        .build()?;
    let mut builder = writer_properties().with_file_encryption_properties(encryption);
    for field in schema.fields() {
        if matches!(field.data_type(), DataType::UInt32 | DataType::Date32) {
            // Sorted numbers and dates: differences are small, and a dictionary would be as long as the column.
            let path = ColumnPath::from(field.name().as_str());
            builder = builder
                .set_column_dictionary_enabled(path.clone(), false)
                .set_column_encoding(path, Encoding::DELTA_BINARY_PACKED);
        }
    }
    Ok(builder.build())
}

/// Opens an encrypted file.
pub(crate) fn open_encrypted(
    path: &Path,
    key: &DataKey,
    context: &str,
) -> Result<ParquetRecordBatchReaderBuilder<File>, ParquetError> {
    let decryption = FileDecryptionProperties::builder(key.expose().to_vec())
        .with_aad_prefix(context.as_bytes().to_vec())
        .build()?;
    let options = ArrowReaderOptions::new().with_file_decryption_properties(decryption);
    ParquetRecordBatchReaderBuilder::try_new_with_options(File::open(path)?, options)
}

/// Properties of an encrypted file that lives for one reception or extraction only.
pub(crate) fn spill_properties(
    key: &DataKey,
    context: &str,
) -> Result<WriterProperties, ParquetError> {
    let encryption = FileEncryptionProperties::builder(key.expose().to_vec())
        .with_aad_prefix(context.as_bytes().to_vec())
        .with_aad_prefix_storage(false)
        .build()?;
    Ok(WriterProperties::builder()
        .set_created_by(CREATED_BY.to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(None)
        .set_statistics_enabled(EnabledStatistics::None)
        .with_file_encryption_properties(encryption)
        .build())
}

/// Properties of a table of an extract. Everything in the file follows from the rows alone.
pub(crate) fn extract_properties(key: Option<&DataKey>) -> Result<WriterProperties, ParquetError> {
    let mut builder = writer_properties();
    if let Some(key) = key {
        let encryption = FileEncryptionProperties::builder(key.expose().to_vec()).build()?;
        builder = builder.with_file_encryption_properties(encryption);
    }
    Ok(builder.build())
}
