//! A delivery that comes over HTTP: who may send it is asked before a byte is taken, and what is taken
//! lies sealed until reception reads it.

use std::io::Write as _;

use base::{Actor, DeliveryId, ErrorClass, Role};
use casework::holding::controller;
use casework::{Action, Subject, check_may};
use lake::reception::DeliveredFile;
use lake::upload::{Upload, UploadWriter};

use super::Delivered;
use crate::{App, Error};

/// Most bytes of one upload; larger registers are delivered on the command line.
const BYTES_MAX: u64 = 64 << 30;

/// A delivery on its way in. Dropped, it leaves nothing.
#[derive(Debug)]
pub struct Incoming {
    register: String,
    upload: Upload,
    files: Vec<DeliveredFile>,
    open: Option<(String, String, UploadWriter)>,
    n_bytes: u64,
}

impl App {
    /// Begins a delivery of a register. For the holder of another register it does not exist.
    pub fn begin_delivery(&self, actor: &Actor, register: &str) -> Result<Incoming, Error> {
        let described = self.find_register(register)?;
        let subject = Subject::Register(controller(described));
        check_may(actor, Action::DeliverRegister, &subject).map_err(|denied| {
            if actor.role == Role::Holder {
                Error::not_found()
            } else {
                denied.into()
            }
        })?;
        let id = DeliveryId::new(self.clock(), self.entropy());
        let upload = Upload::begin(self.lake(), id).map_err(|error| not_taken(&error))?;
        Ok(Incoming {
            register: register.to_owned(),
            upload,
            files: Vec::new(),
            open: None,
            n_bytes: 0,
        })
    }

    /// Begins a file of a delivery, which holds rows of a table of the register.
    pub fn begin_delivered_file(
        &self,
        incoming: &mut Incoming,
        table: &str,
        name: &str,
    ) -> Result<(), Error> {
        let described = self.find_register(&incoming.register)?;
        if !described
            .table(table)
            .is_some_and(|found| found.deliverable)
        {
            let message = format!("`{}` has no table of that name", incoming.register);
            return Err(Error::invalid("unknown_table", message)
                .advise("name each file's field as its table"));
        }
        let writer = incoming.upload.file(self.entropy());
        let writer = writer.map_err(|error| not_taken(&error))?;
        incoming.open = Some((table.to_owned(), name.to_owned(), writer));
        Ok(())
    }

    /// Receives what was taken in, as if it had been delivered on the command line.
    pub async fn deliver_incoming(
        &self,
        actor: &Actor,
        incoming: Incoming,
    ) -> Result<Delivered, Error> {
        let files = incoming.files.clone();
        let delivered = self
            .deliver_files(actor, &incoming.register, files, |_| {})
            .await;
        // The sealed files go only now.
        drop(incoming);
        delivered
    }
}

impl Incoming {
    /// Takes some bytes of the file that was begun.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.n_bytes += bytes.len() as u64;
        if self.n_bytes > BYTES_MAX {
            let message = format!("a delivery over HTTP has at most {} GiB", BYTES_MAX >> 30);
            return Err(Error::invalid("delivery_too_large", message)
                .advise("compress the files with gzip or zstd, or use `sund receive`"));
        }
        match &mut self.open {
            Some((_, _, writer)) => writer.write_all(bytes).map_err(|error| not_taken(&error)),
            None => Ok(()),
        }
    }

    /// Ends the file that was begun.
    pub fn end_file(&mut self) -> Result<(), Error> {
        if let Some((table, name, writer)) = self.open.take() {
            let sealed = writer.finish().map_err(|error| not_taken(&error))?;
            self.files
                .push(DeliveredFile::uploaded(table, name, sealed));
        }
        Ok(())
    }
}

fn not_taken(error: &std::io::Error) -> Error {
    let message = format!("the delivery cannot be taken in: {}", error.kind());
    Error::new(ErrorClass::Unavailable, "delivery_not_taken", message)
        .advise("nothing of it remains; try again when operations have made room")
}
