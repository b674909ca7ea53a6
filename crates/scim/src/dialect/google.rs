//! Google Workspace.
//!
//! Source: Google Workspace Updates, July 2016, on automatic provisioning under a SAML application.
//!
//! It probes `/Users`, then creates, updates, suspends (`active: false`) and, after a delay that the administrator
//! chooses, deletes. No bodies are documented, so it is treated as any other client, and nothing is tolerated for it
//! alone. Its `User-Agent` is not documented either, and "Google" in one proves little: Google's HTTP libraries, which
//! anybody may use, carry the name as well. So it is never guessed from the header.
