//! The program as its users meet it: command line, HTTP interface and pages of a running demo.

#[cfg(test)]
mod authorization;
#[cfg(test)]
mod command_line;
#[cfg(test)]
mod control;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod data_commands;
#[cfg(test)]
mod deliveries;
#[cfg(test)]
mod interchange;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod support;
