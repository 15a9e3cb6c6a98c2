//! The synthetic Denmark as a delivery of all its registers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use casework::holding::controller;
use casework::{Action, Subject, check_may};
use lake::reception::{BatchSource, DeliveredBatch, Delivery, Received};
use population::{Plan, generate_block};

use super::{Report, VersionView, refused};
use crate::{App, Error};

impl App {
    /// Makes the synthetic Denmark and receives it, unless the folder holds one. Demo folders only.
    pub async fn ensure_population(
        &self,
        persons: u32,
        seed: u64,
        report: Report<'_>,
    ) -> Result<Vec<VersionView>, Error> {
        if !self.is_demo() {
            return Err(Error::not_found());
        }
        let held = self.versions(&self.operator(), None).await?;
        let is_held = |register: &str| {
            held.iter()
                .any(|version| version.register == register && version.state == "approved")
        };
        if Plan::tables().iter().all(|table| is_held(table.register)) {
            return Ok(held);
        }
        let done = Arc::new(AtomicU32::new(0));
        let plan = Plan::new(persons, seed);
        let total = u64::from(plan.blocks());
        let (app, counter) = (self.clone(), done.clone());
        let mut work = tokio::task::spawn_blocking(move || app.receive_population(plan, &counter));

        let received = loop {
            tokio::select! {
                outcome = &mut work => {
                    break outcome.map_err(|error| Error::internal("reception", &error))??;
                }
                () = tokio::time::sleep(std::time::Duration::from_millis(250)) => {
                    report("population", u64::from(done.load(Ordering::Relaxed)), total);
                }
            }
        };
        report("population", total, total);
        let operator = self.operator();
        let mut versions = Vec::new();
        for received in received
            .iter()
            .filter(|new| !is_held(&new.manifest.register))
        {
            let described = self.find_register(&received.manifest.register)?;
            let subject = Subject::Register(controller(described));
            let granted = check_may(&operator, Action::DeliverRegister, &subject)?;
            versions.push(self.take_in(&operator, &granted, received).await?);
        }
        Ok(versions)
    }

    fn receive_population(&self, plan: Plan, done: &AtomicU32) -> Result<Vec<Received>, Error> {
        let mut registers: Vec<&str> = Plan::tables().iter().map(|table| table.register).collect();
        registers.sort_unstable();
        registers.dedup();
        let described = registers
            .iter()
            .map(|id| self.find_register(id))
            .collect::<Result<Vec<_>, _>>()?;
        let deliveries: Vec<Delivery<'_>> = described
            .iter()
            .map(|register| self.new_delivery(register))
            .collect();
        let stamp = format!("population persons={} seed={}", plan.persons, plan.seed);
        let source = Blocks {
            plan,
            next: AtomicU32::new(0),
            done,
        };
        let cancel = AtomicBool::new(false);
        self.reception_with(&|_| {}, &cancel)
            .receive_batches(&deliveries, &stamp, &source)
            .map_err(refused)
    }
}

/// The blocks of the synthetic Denmark, handed to whichever thread is free.
struct Blocks<'a> {
    plan: Plan,
    next: AtomicU32,
    done: &'a AtomicU32,
}

impl BatchSource for Blocks<'_> {
    fn next_batches(&self) -> Option<Vec<DeliveredBatch>> {
        let block = self.next.fetch_add(1, Ordering::Relaxed);
        if block >= self.plan.blocks() {
            return None;
        }
        let tables = Plan::tables();
        let batches = generate_block(&self.plan, block)
            .into_iter()
            .filter_map(|(table, rows)| {
                let described = tables.get(table)?;
                Some(DeliveredBatch {
                    register: described.register.to_owned(),
                    table: described.table.to_owned(),
                    rows,
                })
            })
            .collect();
        self.done.fetch_add(1, Ordering::Relaxed);
        Some(batches)
    }
}
