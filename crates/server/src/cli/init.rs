//! `sund init`: the folder of an installation for real data.

use clap::Args;
use serde_json::json;

use super::{Context, Failure, Outcome};
use crate::config::{NewFolder, SETTINGS};

/// How to make it.
#[derive(Debug, Args)]
pub(crate) struct InitArgs {}

/// Runs the command.
pub(crate) async fn run(_: InitArgs, context: &Context) -> Result<Outcome, Failure> {
    let dir = context.common.dir();
    let config = context.config_of_new(NewFolder::Production)?;
    let app = app::App::create(&config.opening(dir), app::FolderKind::Production).await?;
    app.close().await;
    let settings = dir.join("sund.toml");
    std::fs::write(&settings, example()).map_err(|error| {
        Failure::new(
            super::Exit::Outside,
            "folder_unusable",
            format!("the settings file cannot be written: {}", error.kind()),
        )
        .at(settings.display().to_string())
    })?;
    let shown = dir.display();
    context.printer.line(format_args!(
        "made `{shown}`. Next: read {} and run `sund serve --dir {shown}`",
        settings.display()
    ));
    Ok(Outcome::held(json!({"dir": dir, "kind": "production"})))
}

/// A settings file in which nothing is set, so that it says what can be.
fn example() -> String {
    let mut text = String::from(
        "# Settings of this installation. A line that is commented out keeps its default;\n\
         # an unknown key is an error. `sund config show --origin` lists them all.\n",
    );
    let mut section = "";
    for setting in SETTINGS {
        let (own, key) = setting.key.split_once('.').unwrap_or(("", setting.key));
        if own != section {
            section = own;
            text.push_str(&["\n[", section, "]\n"].concat());
        }
        let value = setting.default.unwrap_or("");
        text.push_str(&["# ", setting.about, "\n# ", key, " = \"", value, "\"\n"].concat());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_settings_are_valid_and_set_nothing() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("sund.toml"), example()).unwrap();
        let config = crate::config::Config::load(dir.path(), None, &[]).unwrap();
        let (_, origin) = config.entry("server.port").unwrap();
        assert_eq!(origin.to_string(), "default");
    }
}
