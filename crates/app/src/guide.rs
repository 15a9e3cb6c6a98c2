//! Which approvals a project needs, why, from whom and in which order.

use guidance::{BasketRegister, Facts, Guidance, Question};

use crate::App;

impl App {
    /// The questions of the compass, in order.
    pub fn questions(&self) -> &[Question] {
        self.content().guidance.questions()
    }

    /// The answer to these facts for these registers, by the rules valid today. Unknown registers
    /// are left out.
    pub fn guide(&self, facts: &Facts, registers: &[String]) -> Guidance {
        let chosen: Vec<BasketRegister> = registers
            .iter()
            .filter_map(|id| self.content().catalogue.register(id))
            .map(BasketRegister::of)
            .collect();
        guidance::guide(&self.content().guidance, facts, &chosen, self.today())
    }
}
