//! Tiles and checkpoints of the public log. Both are written once: a tile by its path (a partial
//! one has its width in it), a checkpoint by its size.

use base::Timestamp;

use crate::connection::{Row, params};
use crate::{Reader, StoreError, Tx};

/// A signed checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCheckpoint {
    /// The number of leaves it covers.
    pub size: u64,
    /// The root of their tree.
    pub root: [u8; 32],
    /// The signed note.
    pub note: String,
    /// When it was signed.
    pub at: Timestamp,
}

const FIND_TILE: &str = "-- tiles.find
SELECT content FROM tiles WHERE path = $1";
const INSERT_TILE: &str = "-- tiles.insert
INSERT INTO tiles (path, content) VALUES ($1, $2) ON CONFLICT (path) DO NOTHING";
const LIST_TILES: &str = "-- tiles.list
SELECT path FROM tiles WHERE path > $1 ORDER BY path LIMIT 1000";
const LATEST: &str = "-- checkpoints.latest
SELECT size, root, note, at FROM checkpoints ORDER BY size DESC LIMIT 1";
const PUT: &str = "-- checkpoints.put
INSERT INTO checkpoints (size, root, note, at) VALUES ($1, $2, $3, $4)
ON CONFLICT (size) DO UPDATE SET note = excluded.note, at = excluded.at";

impl Tx {
    /// Writes a tile. Writing the same bytes again changes nothing; other bytes are refused.
    pub async fn save_tile(&self, path: &str, content: &[u8]) -> Result<(), StoreError> {
        if self.execute(INSERT_TILE, params![path, content]).await? == 1 {
            return Ok(());
        }
        if self.load_tile(path).await?.as_deref() == Some(content) {
            return Ok(());
        }
        Err(StoreError::TileChanged {
            path: path.to_owned(),
        })
    }

    /// Writes a signed checkpoint. Refuses one smaller than the last, or of the same size with
    /// another root: whoever saw the last one would have proof of a broken log.
    pub async fn save_checkpoint(&self, checkpoint: &StoredCheckpoint) -> Result<(), StoreError> {
        self.lock_stream("log.checkpoints").await?;
        let size = checkpoint.size;
        if let Some(last) = self.latest_checkpoint().await? {
            if size < last.size {
                return Err(StoreError::CheckpointBehind {
                    size,
                    last: last.size,
                });
            }
            if size == last.size && checkpoint.root != last.root {
                return Err(StoreError::CheckpointForked { size });
            }
        }
        let values = params![size, &checkpoint.root, &checkpoint.note, checkpoint.at];
        self.execute(PUT, values).await.map(drop)
    }
}

impl Reader {
    /// A tile's bytes.
    pub async fn load_tile(&self, path: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let row = self.fetch_optional(FIND_TILE, params![path]).await?;
        row.map(|row| row.bytes("content")).transpose()
    }

    /// Paths of tiles after `after`, in order, at most a thousand.
    pub async fn list_tiles(&self, after: &str) -> Result<Vec<String>, StoreError> {
        let rows = self.fetch(LIST_TILES, params![after]).await?;
        rows.iter().map(|row| row.text("path")).collect()
    }

    /// The checkpoint that covers most.
    pub async fn latest_checkpoint(&self) -> Result<Option<StoredCheckpoint>, StoreError> {
        let row = self.fetch_optional(LATEST, Vec::new()).await?;
        row.as_ref().map(checkpoint).transpose()
    }
}

fn checkpoint(row: &Row) -> Result<StoredCheckpoint, StoreError> {
    Ok(StoredCheckpoint {
        size: row.number("size")?,
        root: row.digest("root")?,
        note: row.text("note")?,
        at: row.instant("at")?,
    })
}
