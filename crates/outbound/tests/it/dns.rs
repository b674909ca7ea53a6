//! TXT records, asked of a server on loopback (ORG-4).

use muster_outbound::dns::{Dns, Txt};
use muster_testkit::DnsServer;

fn values(values: &[&str]) -> Txt {
    Txt::Values(values.iter().map(|value| (*value).to_owned()).collect())
}

#[tokio::test]
async fn org_4_records_are_read_as_they_are_now() {
    let server = DnsServer::start();
    let dns = Dns::at(&[server.address()]);
    assert_eq!(dns.txt("example.com").await, Txt::NoRecord, "there is no such name");
    server.set("example.com", &[]);
    assert_eq!(dns.txt("example.com").await, Txt::NoRecord, "the name has no such record");
    server.set("example.com", &["v=spf1 -all", "muster-verification=1"]);
    assert_eq!(dns.txt("Example.COM.").await, values(&["v=spf1 -all", "muster-verification=1"]));
    server.remove("example.com");
    assert_eq!(dns.txt("example.com").await, Txt::NoRecord, "nothing is kept");
}

#[tokio::test]
async fn org_4_long_records_and_many_come_whole_and_within_bounds() {
    let server = DnsServer::start();
    let dns = Dns::at(&[server.address()]);
    let long = "x".repeat(600);
    server.set("long.example", &[&long]);
    assert_eq!(dns.txt("long.example").await, values(&[&long]), "strings are joined");
    let many: Vec<String> = (0..400).map(|number| format!("value {number:0>40}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    server.set("many.example", &many);
    let Txt::Values(read) = dns.txt("many.example").await else { panic!("no values") };
    assert_eq!(read.len(), 200, "over TCP, and no more than that");
}

#[tokio::test]
async fn org_4_a_failure_is_no_answer_and_never_no_record() {
    let server = DnsServer::start();
    let dns = Dns::at(&[server.address()]);
    server.fail("example.com");
    assert!(matches!(dns.txt("example.com").await, Txt::NoAnswer(_)));
    server.keep_silent("silent.example");
    assert!(matches!(dns.txt("silent.example").await, Txt::NoAnswer(_)));
    let Txt::NoAnswer(why) = Dns::at(&[]).txt("example.com").await else { panic!("an answer") };
    assert!(why.contains("[dns] resolvers"), "{why}");
}

#[tokio::test]
async fn org_4_names_in_any_script_are_asked_as_dns_writes_them() {
    let server = DnsServer::start();
    server.set("_muster-challenge.xn--bcher-kva.example", &["there"]);
    let dns = Dns::at(&[server.address()]);
    assert_eq!(dns.txt("_muster-challenge.b\u{fc}cher.example").await, values(&["there"]));
}
