//! `muster simulate saml`: the simulated identity provider alone, for trying any service provider.

mod args;
mod show;

use std::fs;

use muster_simulator::sso::{IdentityProvider, OidcApplication, Options, SamlApplication};

use super::SimulateError;
use crate::{
    output,
    serve::{self, Stop},
};

pub(crate) use args::SamlArgs;
use args::Source;

/// Runs it until SIGTERM or SIGINT.
pub(super) fn saml(args: &SamlArgs, json: bool) -> Result<(), SimulateError> {
    let address = args.listen().ok_or(SimulateError::Remote(args.address))?;
    if args.application.is_empty() && args.sp_metadata.is_empty() && args.oidc.is_empty() {
        return Err(SimulateError::NoApplication);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut stop = Stop::listen()?;
        let listener = serve::listen(address, "--port").await?;
        let running = IdentityProvider::start(listener, Options::default())?;
        register(args, &running.provider).await?;
        let description = running.provider.describe();
        if json {
            output::json(&description)?;
        } else {
            output::line(&show::text(&description))?;
        }
        stop.asked_for().await;
        Ok(())
    })
}

/// Tells it of the applications.
async fn register(args: &SamlArgs, provider: &IdentityProvider) -> Result<(), SimulateError> {
    let mut applications = Vec::new();
    for (acs_url, entity_id) in &args.application {
        applications.push(SamlApplication::new(acs_url, entity_id));
    }
    for source in &args.sp_metadata {
        applications.push(match source {
            Source::Url(url) => SamlApplication::fetch(url).await?,
            Source::File(path) => {
                let text = fs::read_to_string(path);
                let text = text.map_err(|source| SimulateError::Metadata { path: path.clone(), source })?;
                SamlApplication::from_metadata(&text)?
            }
        });
    }
    for application in applications {
        let application = application.flavoured(args.idp);
        provider.register_saml(SamlApplication { algorithm: args.key, ..application });
    }
    if let Some(first) = args.oidc.first() {
        let secret = match &args.client_secret {
            Some(secret) => secret.clone(),
            None => super::suffix::<24>()?,
        };
        let client = OidcApplication::new(&args.client_id, &secret, first);
        provider.register_oidc(OidcApplication {
            redirect_uris: args.oidc.clone(),
            flavour: args.idp,
            algorithm: args.key,
            ..client
        });
    }
    Ok(())
}
