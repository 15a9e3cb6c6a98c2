//! One pass over an extract that lies sorted by person: what a person brings to each group is known
//! when the next person comes, and no table of groups by persons is ever held.
//!
//! Parts of the file are read at the same time. A person may stand astride two parts: the first and the
//! last person of each part are kept apart until their neighbours are known.

mod input;
mod pass;

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::error::{DataFusionError, Result};
use datafusion::execution::SendableRecordBatchStream;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::execute_stream_partitioned;
use datafusion::prelude::SessionContext;
use futures::StreamExt as _;
use tokio::task::JoinSet;

use super::super::shape::Aggregation;
use super::fold::{Folding, Group, Share};
use super::{Folded, Groups, KeyPart, ROWS_MAX};
use input::Inputs;
use pass::{Brought, Named, Pass};

/// What one reader of a part needs to know.
struct Task {
    inputs: Inputs,
    folding: Vec<Folding>,
    sets: Vec<Vec<usize>>,
}

/// Folds all grouping sets in one pass; nothing where rows do not come in the order of persons.
pub(super) async fn fold(
    context: &SessionContext,
    aggregation: &Aggregation<'_>,
) -> Result<Option<Folded>> {
    if !keeps_order(&aggregation.aggregate.input) {
        return Ok(None);
    }
    let (plan, inputs) = input::project(aggregation)?;
    let mut state = context.state();
    // Rows dealt out in turns would come in no order.
    let options = state.config_mut().options_mut();
    options.optimizer.enable_round_robin_repartition = false;
    let physical = state.create_physical_plan(&plan).await?;
    let task = Arc::new(Task {
        inputs,
        folding: Folding::of(&aggregation.measures),
        sets: aggregation.sets.clone(),
    });
    let mut running = JoinSet::new();
    let parts = execute_stream_partitioned(physical, state.task_ctx())?;
    for (at, rows) in parts.into_iter().enumerate() {
        let task = Arc::clone(&task);
        running.spawn(async move { (at, read(rows, &task).await) });
    }
    let mut finished = BTreeMap::new();
    while let Some(joined) = running.join_next().await {
        let (at, pass) = joined.map_err(|error| DataFusionError::External(Box::new(error)))?;
        let Some(pass) = pass? else { return Ok(None) };
        finished.insert(at, pass);
    }
    join(finished.into_values(), &task)
}

/// Whether rows leave a plan in the order in which they lie.
fn keeps_order(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::TableScan(_) => true,
        LogicalPlan::Filter(_) | LogicalPlan::Projection(_) | LogicalPlan::SubqueryAlias(_) => {
            plan.inputs().into_iter().all(keeps_order)
        }
        _ => false,
    }
}

/// Reads one part; nothing if its rows are not in the order of persons.
async fn read(mut rows: SendableRecordBatchStream, task: &Task) -> Result<Option<Pass>> {
    let mut pass = Pass::new(&task.sets, task.inputs.n_groups, &task.folding);
    while let Some(batch) = rows.next().await {
        if !pass.take(&batch?, &task.inputs)? {
            return Ok(None);
        }
        if pass.n_groups() > ROWS_MAX {
            return Err(super::too_many_groups());
        }
        tokio::task::consume_budget().await;
    }
    pass.end_person()?;
    Ok(Some(pass))
}

/// Puts the parts together; nothing if they are not in the order of persons.
fn join(parts: impl Iterator<Item = Pass>, task: &Task) -> Result<Option<Folded>> {
    let mut groups = Groups::new();
    let mut persons = 0;
    let mut astride: Option<Astride> = None;
    for part in parts {
        persons += part.persons_inside;
        for (name, group) in part.groups()? {
            let Named { set, parts, labels } = name;
            match groups.entry((set, parts)) {
                std::collections::btree_map::Entry::Occupied(mut known) => {
                    known.get_mut().1.merge(group)?;
                }
                std::collections::btree_map::Entry::Vacant(new) => {
                    new.insert((labels, group.clone()));
                }
            }
        }
        for edge in part.edges() {
            let same = astride.as_ref().map(|known| known.person.cmp(&edge.person));
            match same {
                Some(std::cmp::Ordering::Greater) => return Ok(None),
                Some(std::cmp::Ordering::Equal) => {}
                Some(std::cmp::Ordering::Less) | None => {
                    persons += 1;
                    let before = astride.replace(Astride::new(edge.person));
                    settle(before, task, &mut groups)?;
                }
            }
            if let Some(known) = &mut astride {
                known.add(&part, edge)?;
            }
        }
    }
    settle(astride, task, &mut groups)?;
    if groups.len() > ROWS_MAX {
        return Err(super::too_many_groups());
    }
    Ok(Some(Folded { groups, persons }))
}

/// A person at the edge of a part, with what was found of her so far.
struct Astride {
    person: i64,
    shares: BTreeMap<(usize, Vec<KeyPart>), Vec<Share>>,
}

impl Astride {
    const fn new(person: i64) -> Self {
        Self {
            person,
            shares: BTreeMap::new(),
        }
    }

    fn add(&mut self, part: &Pass, edge: &Brought) -> Result<()> {
        for (place, brought) in edge.shares() {
            let name = part.name(place)?;
            let shares = self
                .shares
                .entry((name.set, name.parts))
                .or_insert_with(|| vec![Share::default(); brought.len()]);
            for (share, more) in shares.iter_mut().zip(brought) {
                share.add(more.n, more.total)?;
            }
        }
        Ok(())
    }
}

/// Folds a person in of whom everything is known now.
fn settle(person: Option<Astride>, task: &Task, groups: &mut Groups) -> Result<()> {
    for (name, shares) in person.into_iter().flat_map(|person| person.shares) {
        // INVARIANT: every part names its groups before its edges are settled.
        let Some((_, group)) = groups.get_mut(&name) else {
            return Err(DataFusionError::Internal("group of an edge".to_owned()));
        };
        Group::add_person(group, &task.folding, &shares)?;
    }
    Ok(())
}
