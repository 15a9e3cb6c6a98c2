//! Workbenches: one room per permit, entered by the permit's people only, asked in SQL.

use base::{AccountId, Actor, Date, OrganisationId, limits};
use casework::{Action, Case, CaseState, Subject, check_may};
use catalogue::Text;
use catalogue::permit::{AccessMode, Member, PermitDocument};
use serde::Serialize;
use store::{DocumentFilter, Order, Reader};

use crate::cases::{CaseSummary, member_tag};
use crate::extracts::ExtractState;
use crate::log::from_json;
use crate::outputs::OutputSummary;
use crate::permits::signed_of;
use crate::{App, Error};

mod query;
mod turns;

pub use lake::query::QUERY_STACK_BYTES;
pub(crate) use turns::Turns;

/// Outputs that a room lists, the newest first.
const OUTPUTS_SHOWN: usize = 50;

/// A workbench as one of its people sees it.
#[derive(Debug, Clone, Serialize)]
pub struct RoomPage {
    /// Public name: `A-417`.
    pub id: String,
    /// Number of the permit.
    pub permit: String,
    /// Number of the case.
    pub case: String,
    /// Title of the project.
    pub title: Text,
    /// The institution that is data user.
    pub data_user: OrganisationId,
    /// Its name.
    pub data_user_name: Text,
    /// The people with access.
    pub members: Vec<RoomMember>,
    /// What this reader sees.
    pub access: AccessMode,
    /// Whether this reader may ask for release.
    pub may_release: bool,
    /// Whether queries are answered now.
    pub open: bool,
    /// Last date of this reader's access.
    pub closes_on: Date,
    /// Memory in mebibytes.
    pub memory_mib: u32,
    /// What a released cell must hold: persons.
    pub persons_min: u32,
    /// What a released cell must hold: the largest contributor's share, in thousandths.
    pub largest_share_max_permille: u32,
    /// Where the extract stands: `planned`, `made` or `failed`.
    pub extract: String,
    /// Its tables, once made.
    pub tables: Vec<RoomTable>,
    /// What was computed here, newest first.
    pub outputs: Vec<OutputSummary>,
}

/// A person with access.
#[derive(Debug, Clone, Serialize)]
pub struct RoomMember {
    /// Account.
    pub account: AccountId,
    /// Name.
    pub name: String,
    /// Whether this is the principal investigator.
    pub principal: bool,
    /// What the person sees.
    pub access: AccessMode,
    /// Whether the person may ask for release.
    pub may_release: bool,
    /// Last date of the person's access.
    pub until: Date,
}

/// A table of the extract.
#[derive(Debug, Clone, Serialize)]
pub struct RoomTable {
    /// Name in SQL.
    pub name: String,
    /// Columns, in order.
    pub columns: Vec<RoomColumn>,
    /// Rows; only for those who see rows.
    pub rows: Option<u64>,
}

/// A column of a table.
#[derive(Debug, Clone, Serialize)]
pub struct RoomColumn {
    /// Name in SQL.
    pub name: String,
    /// What it says.
    pub title: Text,
    /// `integer`, `number`, `string` or `date`.
    #[serde(rename = "type")]
    pub column_type: String,
}

/// What stands behind a name of a room.
struct Room {
    case: Case,
    permit: PermitDocument,
    member: Member,
}

/// The public name of a case's room.
pub(crate) fn room_name(case_number: &str) -> String {
    let serial = case_number.rsplit('-').next().unwrap_or_default();
    format!("A-{}", serial.trim_start_matches('0'))
}

impl App {
    /// The rooms of the actor's permits, newest first.
    pub async fn list_rooms(&self, actor: &Actor) -> Result<Vec<RoomPage>, Error> {
        let mut rooms = Vec::new();
        for number in self.room_cases(actor, None).await? {
            if let Some(room) = self.find_room(actor, &number).await? {
                rooms.push(self.room_page(room).await?);
            }
        }
        Ok(rooms)
    }

    /// A room of the actor's permits.
    pub async fn room(&self, actor: &Actor, name: &str) -> Result<RoomPage, Error> {
        let room = self.room_named(actor, name).await?;
        self.room_page(room).await
    }

    /// Where the extract of a permit stands. What it holds is shown to those who see its rows: how
    /// many there are is itself computed from persons.
    pub async fn extract_of(&self, actor: &Actor, permit: &str) -> Result<ExtractState, Error> {
        let wanted = permit.to_owned();
        let stored = self
            .store()
            .read("permit.find", |reader| async move {
                reader.find_permit_by_number(&wanted).await
            })
            .await?
            .ok_or_else(Error::not_found)?;
        let case_id = stored.case_id.ok_or_else(Error::not_found)?;
        let app = self.clone();
        let case = self
            .store()
            .read("case.find", |reader| async move {
                app.fold_case(&reader, case_id).await
            })
            .await?;
        // For those who are not in the project the extract does not exist.
        check_may(actor, Action::ViewRoom, &Subject::Case(&case.facts()))
            .map_err(|_| Error::not_found())?;
        let mut state = self.extract_state(stored.permit_id).await?;
        let member = case.application.member(actor.account);
        if member.is_none_or(|member| member.access != AccessMode::SeesRows) {
            state.descriptor = None;
        }
        Ok(state)
    }

    /// Numbers of the actor's cases that have a permit, newest first; with a room's name, of that
    /// room only. Serial numbers begin anew every year: the newest case of a name has it.
    async fn room_cases(&self, actor: &Actor, name: Option<&str>) -> Result<Vec<String>, Error> {
        let (mut numbers, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let (from, tag) = (cursor.clone(), member_tag(actor.account));
            let page = self
                .store()
                .read("room.list", |reader| async move {
                    let filter = DocumentFilter {
                        tag: Some(&tag),
                        ..DocumentFilter::default()
                    };
                    let limit = limits::LIST_ITEMS_MAX;
                    let from = from.as_deref();
                    reader
                        .list_documents("case", &filter, Order::Descending, from, limit)
                        .await
                })
                .await?;
            for document in page.items {
                let case: CaseSummary = from_json(&document.body)?;
                let fits = name.is_none_or(|name| room_name(&case.number) == name);
                if fits && case.permit.is_some() {
                    numbers.push(case.number);
                }
            }
            cursor = page.next;
            if cursor.is_none() || (name.is_some() && !numbers.is_empty()) {
                return Ok(numbers);
            }
        }
    }

    async fn room_named(&self, actor: &Actor, name: &str) -> Result<Room, Error> {
        let numbers = self.room_cases(actor, Some(name)).await?;
        let number = numbers.first().ok_or_else(Error::not_found)?;
        self.find_room(actor, number)
            .await?
            .ok_or_else(Error::not_found)
    }

    async fn find_room(&self, actor: &Actor, number: &str) -> Result<Option<Room>, Error> {
        let (app, number) = (self.clone(), number.to_owned());
        let (case, stored) = self
            .store()
            .read("room.find", |reader| async move {
                let case = app.find_case(&reader, &number).await?;
                let stored = app.find_permit_of_case(&reader, &case).await?;
                Ok::<_, Error>((case, stored))
            })
            .await?;
        let seen = check_may(actor, Action::ViewRoom, &Subject::Case(&case.facts())).is_ok();
        let Some(stored) = stored.filter(|_| seen) else {
            return Ok(None);
        };
        let permit: PermitDocument = self
            .signer()
            .trusted()
            .open(&signed_of(&stored)?)
            .map_err(|error| Error::internal("opening a permit", &error))?;
        let member = permit.member(actor.account).cloned();
        Ok(member.map(|member| Room {
            case,
            permit,
            member,
        }))
    }

    async fn room_page(&self, room: Room) -> Result<RoomPage, Error> {
        let Room {
            case,
            permit,
            member,
        } = room;
        let sees_rows = member.access == AccessMode::SeesRows;
        let extract = self.extract_state(permit.permit_id).await?;
        let open = case.state == CaseState::Permitted
            && self.today() <= member.until
            && self.usable_permit(permit.permit_id).await.is_ok();
        let (app, people, permit_id) = (self.clone(), permit.members.clone(), permit.permit_id);
        let (members, outputs) = self
            .store()
            .read("room.load", |reader| async move {
                let members = app.room_members(&reader, &people).await?;
                let outputs = reader
                    .list_outputs(Some(permit_id), None, None, OUTPUTS_SHOWN)
                    .await?;
                Ok::<_, Error>((members, outputs.items))
            })
            .await?;
        let outputs = outputs
            .iter()
            .map(|stored| self.summary_of(stored))
            .collect::<Result<_, _>>()?;
        Ok(RoomPage {
            id: room_name(&case.number),
            permit: permit.number,
            case: case.number,
            title: permit.title,
            data_user_name: self.organisation_name(&permit.data_user),
            data_user: permit.data_user,
            members,
            access: member.access,
            may_release: member.may_release,
            open,
            closes_on: member.until.min(permit.valid_to),
            memory_mib: permit.environment.memory_mib,
            persons_min: permit.output_policy.persons_min,
            largest_share_max_permille: permit.output_policy.largest_share_max_permille,
            tables: tables_of(&extract, sees_rows),
            extract: extract.state,
            outputs,
        })
    }

    async fn room_members(
        &self,
        reader: &Reader,
        members: &[Member],
    ) -> Result<Vec<RoomMember>, Error> {
        let mut people = Vec::new();
        for member in members {
            let account = reader.find_account(member.account).await?;
            let name = account.map(|account| account.display_name.into_inner());
            people.push(RoomMember {
                account: member.account,
                name: name.unwrap_or_default(),
                principal: member.principal,
                access: member.access,
                may_release: member.may_release,
                until: member.until,
            });
        }
        Ok(people)
    }
}

fn tables_of(extract: &ExtractState, sees_rows: bool) -> Vec<RoomTable> {
    let Some(descriptor) = &extract.descriptor else {
        return Vec::new();
    };
    let table = |resource: &lake::extract::ExtractResource| RoomTable {
        name: resource.name.clone(),
        columns: resource
            .schema
            .fields
            .iter()
            .map(|field| RoomColumn {
                name: field.name.clone(),
                title: field.title.clone(),
                column_type: field.field_type.clone(),
            })
            .collect(),
        rows: sees_rows.then_some(resource.rows),
    };
    descriptor.resources.iter().map(table).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_is_called_as_the_serial_number_of_its_case() {
        assert_eq!(room_name("S-2026-0417"), "A-417");
        assert_eq!(room_name("S-2027-12345"), "A-12345");
    }
}
