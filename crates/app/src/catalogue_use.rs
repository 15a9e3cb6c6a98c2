//! Finding data and collecting them in a basket, with or without a sign-in.

use std::collections::{BTreeMap, BTreeSet};

use base::limits;
use catalogue::Language;
use search::{Query, SearchResult, Suggestion};
use serde::{Deserialize, Serialize};

use crate::{App, Error};

/// Variables of a table in a basket.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BasketItem {
    /// Register.
    pub register: String,
    /// Table.
    pub table: String,
    /// Variables, by name.
    pub variables: Vec<String>,
}

/// A basket with what is known of getting its data.
#[derive(Debug, Clone, Default, Serialize)]
pub struct BasketView {
    /// What lies in it, by register and table.
    pub items: Vec<BasketItem>,
    /// Number of variables.
    pub n_variables: usize,
    /// What it takes to get them.
    pub estimate: Estimate,
}

/// What it takes to get the data; none where nothing published says so.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Estimate {
    /// Authorities that decide.
    pub approvals: Option<usize>,
    /// Lowest price, in øre.
    pub price_low_ore: Option<i64>,
    /// Highest price, in øre.
    pub price_high_ore: Option<i64>,
    /// Median days of the slowest authority.
    pub days_median: Option<u32>,
}

type Lying = BTreeMap<(String, String), BTreeSet<String>>;

impl App {
    /// Searches registers, variables, codes and packages.
    pub fn search(&self, query: &Query<'_>) -> Result<SearchResult, Error> {
        Ok(self.content().search()?.search(query))
    }

    /// What may be meant by the beginning of a search.
    pub fn suggest(
        &self,
        beginning: &str,
        language: Language,
        most: usize,
    ) -> Result<Vec<Suggestion>, Error> {
        Ok(self.content().search()?.suggest(beginning, language, most))
    }

    /// What lies in a basket; an unknown basket is empty.
    pub async fn basket(&self, basket_id: &str) -> Result<BasketView, Error> {
        Ok(self.view_basket(&self.load_basket(basket_id).await?))
    }

    /// Lays variables in a basket. Variables that do not exist or cannot be ordered are refused.
    pub async fn add_to_basket(
        &self,
        basket_id: &str,
        items: &[BasketItem],
    ) -> Result<BasketView, Error> {
        let mut lying = self.load_basket(basket_id).await?;
        for item in items {
            if item.variables.is_empty() {
                return Err(Error::invalid(
                    "nothing_chosen",
                    "choose at least one variable",
                ));
            }
            for name in &item.variables {
                self.check_orderable(&item.register, &item.table, name)?;
            }
            let key = (item.register.clone(), item.table.clone());
            lying
                .entry(key)
                .or_default()
                .extend(item.variables.iter().cloned());
        }
        if lying.values().map(BTreeSet::len).sum::<usize>() > limits::VARIABLES_MAX {
            let message = format!("a basket holds at most {} variables", limits::VARIABLES_MAX);
            return Err(Error::invalid("basket_full", message));
        }
        self.store_basket(basket_id, &lying).await
    }

    /// Takes out a register, a table or one variable.
    pub async fn remove_from_basket(
        &self,
        basket_id: &str,
        register: &str,
        table: Option<&str>,
        variable: Option<&str>,
    ) -> Result<BasketView, Error> {
        let mut lying = self.load_basket(basket_id).await?;
        for ((in_register, in_table), variables) in &mut lying {
            if in_register == register && table.is_none_or(|table| table == in_table) {
                match variable {
                    Some(name) => drop(variables.remove(name)),
                    None => variables.clear(),
                }
            }
        }
        lying.retain(|_, variables| !variables.is_empty());
        self.store_basket(basket_id, &lying).await
    }

    /// Takes everything out.
    pub async fn empty_basket(&self, basket_id: &str) -> Result<BasketView, Error> {
        self.store_basket(basket_id, &Lying::new()).await
    }

    fn check_orderable(&self, register: &str, table: &str, variable: &str) -> Result<(), Error> {
        let found = self.content().catalogue.table(register, table);
        let Some(described) = found.and_then(|table| table.variable(variable)) else {
            return Err(Error::invalid(
                "unknown_variable",
                format!("there is no variable `{variable}` in `{register}.{table}`"),
            ));
        };
        if found.is_some_and(|table| !table.deliverable)
            || described.role == catalogue::register::ColumnRole::Person
        {
            return Err(Error::invalid(
                "not_orderable",
                format!("`{register}.{table}.{variable}` is described here but cannot be ordered"),
            ));
        }
        Ok(())
    }

    async fn load_basket(&self, basket_id: &str) -> Result<Lying, Error> {
        if !is_basket_id(basket_id) {
            return Ok(Lying::new());
        }
        let id = basket_id.to_owned();
        let basket = self
            .store()
            .read("basket.find", |reader| async move {
                reader.find_basket(&id).await
            })
            .await?;
        let Some(basket) = basket else {
            return Ok(Lying::new());
        };
        let items: Vec<BasketItem> = serde_json::from_value(basket.body)
            .map_err(|error| Error::internal("reading a basket", &error))?;
        Ok(items
            .into_iter()
            .map(|item| {
                (
                    (item.register, item.table),
                    item.variables.into_iter().collect(),
                )
            })
            .collect())
    }

    async fn store_basket(&self, basket_id: &str, lying: &Lying) -> Result<BasketView, Error> {
        if !is_basket_id(basket_id) {
            return Err(Error::not_found());
        }
        let view = self.view_basket(lying);
        let body = serde_json::to_value(&view.items)
            .map_err(|error| Error::internal("storing a basket", &error))?;
        let (id, now) = (basket_id.to_owned(), self.now());
        self.store()
            .run_tx("basket.put", |tx| {
                let (id, body) = (id.clone(), body.clone());
                async move { tx.put_basket(&id, &body, now).await }
            })
            .await?;
        Ok(view)
    }

    fn view_basket(&self, lying: &Lying) -> BasketView {
        let items: Vec<BasketItem> = lying
            .iter()
            .map(|((register, table), variables)| BasketItem {
                register: register.clone(),
                table: table.clone(),
                variables: variables.iter().cloned().collect(),
            })
            .collect();
        let registers: BTreeSet<&str> = items.iter().map(|item| item.register.as_str()).collect();
        BasketView {
            n_variables: items.iter().map(|item| item.variables.len()).sum(),
            estimate: self.estimate(&registers),
            items,
        }
    }

    /// What published figures say of getting these registers. A sum of prices is given only where
    /// every authority has published one.
    fn estimate(&self, registers: &BTreeSet<&str>) -> Estimate {
        let catalogue = &self.content().catalogue;
        let found: Vec<_> = registers
            .iter()
            .filter_map(|id| catalogue.register(id))
            .collect();
        if found.is_empty() {
            return Estimate::default();
        }
        let authorities: BTreeSet<_> = found
            .iter()
            .map(|register| {
                register
                    .access
                    .as_ref()
                    .map_or(&register.controller, |access| &access.authority)
            })
            .collect();
        let mut prices = BTreeMap::new();
        let mut days = None;
        for access in found.iter().filter_map(|register| register.access.as_ref()) {
            days = days.max(access.days_median);
            if let (Some(from), Some(to)) = (access.price_from_ore, access.price_to_ore) {
                let known = prices.entry(&access.authority).or_insert((from, to));
                *known = (known.0.min(from), known.1.max(to));
            }
        }
        let priced = prices.len() == authorities.len();
        Estimate {
            approvals: Some(authorities.len()),
            price_low_ore: priced.then(|| prices.values().map(|(from, _)| from).sum()),
            price_high_ore: priced.then(|| prices.values().map(|(_, to)| to).sum()),
            days_median: days,
        }
    }
}

/// A basket's name is drawn by the server; nobody writes words of their own into it.
fn is_basket_id(text: &str) -> bool {
    (16..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
