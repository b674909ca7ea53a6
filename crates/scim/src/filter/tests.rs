//! Tables of filters: what they print as, what they match, what is refused.

use serde_json::{Value, json};

use super::*;
use crate::error::ScimType;

fn parse(text: &str) -> Result<Filter, RequestError> {
    Filter::parse(text, &[ResourceType::User], &mut Notes::default())
}

fn user() -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", crate::schema::DOCKER_USER_URN],
        "id": "2819c223-7f76-453a-919d-413861904646",
        "externalId": "BJensen",
        "userName": "bjensen@example.com",
        "name": {"familyName": "Jensen", "givenName": "Bärbel"},
        "active": true,
        "title": "",
        "emails": [
            {"value": "bjensen@example.com", "type": "work", "primary": true},
            {"value": "babs@jensen.org", "type": "home"}
        ],
        "groups": [{"value": "e9e30dba-f08f-4109-8486-d5c6a331660a", "display": "moby:developers"}],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"manager": {"value": "m-1"}},
        "urn:ietf:params:scim:schemas:extension:docker:2.0:User": {"dockerRole": "Editor", "dockerSessionMinutes": 60},
        "meta": {"resourceType": "User", "lastModified": "2011-05-13T04:42:34.000Z"}
    })
}

#[test]
fn filters_print_canonically_and_read_back_the_same() {
    let cases = [
        (r#"USERNAME Eq "bjensen""#, r#"userName eq "bjensen""#),
        (r#"userName eq "a" AND title pr or active EQ TRUE"#, r#"userName eq "a" and title pr or active eq true"#),
        (r#"userName eq "a" and (title pr or active eq true)"#, r#"userName eq "a" and (title pr or active eq true)"#),
        (r#"(((userName eq "a")))"#, r#"userName eq "a""#),
        (r#"title pr and (nickName pr and active eq false)"#, r#"title pr and nickName pr and active eq false"#),
        (r#"NOT(title pr)"#, r#"not (title pr)"#),
        (r#"not (not (title pr))"#, r#"not (not (title pr))"#),
        (r#"emails co "x""#, r#"emails.value co "x""#),
        (r#"emails[type eq "work"].value eq "x""#, r#"emails[type eq "work" and value eq "x"]"#),
        (
            r#"emails[type eq "work" or primary eq "True"].value eq "x""#,
            r#"emails[(type eq "work" or primary eq true) and value eq "x"]"#,
        ),
        (r#"emails[ type pr and not (value ew ".org") ]"#, r#"emails[type pr and not (value ew ".org")]"#),
        (r#"title eq null"#, r#"not (title pr)"#),
        (r#"title ne null"#, r#"title pr"#),
        (r#"meta.lastModified gt "2011-05-13T06:42:34+02:00""#, r#"meta.lastModified gt "2011-05-13T04:42:34.000Z""#),
        (r#"urn:ietf:params:scim:schemas:core:2.0:User:userName eq "\u0041\/\n\"""#, r#"userName eq "A/\n\"""#),
        (
            r#"urn:ietf:params:scim:schemas:extension:docker:2.0:User:dockerSessionMinutes ge 30"#,
            r#"urn:ietf:params:scim:schemas:extension:docker:2.0:User:dockerSessionMinutes ge 30"#,
        ),
        (
            r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager eq "m""#,
            r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value eq "m""#,
        ),
    ];
    for (text, canonical) in cases {
        let filter = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(filter.to_string(), canonical);
        assert_eq!(parse(canonical).unwrap(), filter, "{canonical}");
    }
}

#[test]
fn filters_match_as_the_rfc_says() {
    let cases = [
        (r#"userName eq "BJENSEN@example.com""#, true),
        (r#"id eq "2819C223-7f76-453a-919d-413861904646""#, false),
        (r#"externalId eq "bjensen""#, false),
        (r#"externalId sw "BJ""#, true),
        (r#"name.givenName eq "BÄRBEL""#, true),
        (r#"name.familyName co "ENS" and name.familyName ew "n""#, true),
        (r#"userName gt "a" and userName lt "c" and userName le "bjensen@example.com""#, true),
        (r#"active eq true"#, true),
        (r#"active ne true"#, false),
        // Unassigned: every comparison is false, so its negation is true.
        (r#"displayName eq "x""#, false),
        (r#"displayName ne "x""#, false),
        (r#"not (displayName eq "x")"#, true),
        (r#"title pr"#, false),
        (r#"name pr"#, true),
        (r#"addresses pr"#, false),
        (r#"displayName eq null"#, true),
        // Any value of a multi-valued attribute.
        (r#"emails co "jensen.org""#, true),
        (r#"emails.type eq "home" and emails.value ew "example.com""#, true),
        (r#"emails[type eq "home" and value ew "example.com"]"#, false),
        (r#"emails[type eq "WORK" and primary eq true]"#, true),
        (r#"emails[type eq "work"].value eq "bjensen@example.com""#, true),
        (r#"emails[not (type eq "work")].value ew ".org""#, true),
        (r#"emails.primary eq false"#, false),
        // Times by instant, whatever the offset.
        (r#"meta.lastModified eq "2011-05-12T20:42:34-08:00""#, true),
        (r#"meta.lastModified gt "2011-05-13T04:42:33Z""#, true),
        (r#"meta.resourceType eq "User""#, true),
        (r#"schemas eq "URN:ietf:params:scim:schemas:core:2.0:user""#, true),
        (r#"groups eq "e9e30dba-f08f-4109-8486-d5c6a331660a""#, true),
        (r#"groups.display sw "moby:""#, true),
        (r#"urn:ietf:params:scim:schemas:extension:docker:2.0:User:dockerRole eq "editor""#, true),
        (r#"urn:ietf:params:scim:schemas:extension:docker:2.0:User:dockerSessionMinutes lt 61"#, true),
        (r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager eq "m-1""#, true),
        (r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager[value eq "m-2"]"#, false),
        (r#"userName co "%" or userName co "_""#, false),
        // `and` binds closer than `or`.
        (r#"active eq true or active eq false and title pr"#, true),
        (r#"(active eq true or active eq false) and title pr"#, false),
    ];
    for (text, expected) in cases {
        let filter = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(filter.matches(&user()), expected, "{text}");
    }
}

#[test]
fn what_cannot_be_answered_is_refused() {
    let cases = [
        "",
        " ",
        "userName",
        "userName eq",
        "userName is \"x\"",
        "userName eq 'x'",
        "userName eq jyoung",
        "userName eq \"\\q\"",
        "userName eq \"x",
        "userName eq \"\\ud800\"",
        "userName eq \"\\u0000\"",
        "userName eq 1",
        "userName eq true",
        "userName pr \"x\"",
        "userName eq \"x\" and",
        "and userName eq \"x\"",
        "userName eq \"x\" userName eq \"y\"",
        "(userName eq \"x\"",
        "userName eq \"x\")",
        "not userName eq \"x\"",
        "colour eq \"x\"",
        "name.colour eq \"x\"",
        "members eq \"x\"",
        "dockerRole eq \"x\"",
        "password eq \"x\"",
        "active gt true",
        "active co \"t\"",
        "active eq \"yes\"",
        "active eq 1",
        "x509Certificates.value gt \"x\"",
        "name eq \"x\"",
        "addresses eq \"x\"",
        "meta eq \"x\"",
        "meta.lastModified eq \"yesterday\"",
        "meta.lastModified co \"2011\"",
        "userName gt null",
        "userName[value eq \"x\"]",
        "emails[type eq \"x\"",
        "emails[type eq \"x\"].",
        "emails[type eq \"x\"].colour eq \"x\"",
        "emails[emails[type eq \"x\"]]",
        "emails[userName eq \"x\"]",
        "urn:ietf:params:scim:schemas:extension:docker:2.0:User pr",
        "urn:ietf:params:scim:schemas:extension:docker:2.0:User:dockerSessionMinutes eq 1.5",
    ];
    for text in cases {
        let error = parse(text).expect_err(text);
        assert_eq!((error.status(), error.scim_type()), (400, Some(ScimType::InvalidFilter)), "{text}");
    }
}

#[test]
fn size_and_depth_are_bounded() {
    let nested = |depth: usize| format!("{}title pr{}", "(".repeat(depth), ")".repeat(depth));
    assert!(parse(&nested(crate::limits::FILTER_DEPTH)).is_ok());
    assert!(parse(&nested(crate::limits::FILTER_DEPTH + 1)).is_err());
    assert!(parse(&nested(7_000)).is_err());
    assert!(parse(&"not (".repeat(3_000)).is_err());
    let wide = |terms: usize| vec!["title pr"; terms].join(" or ");
    assert!(parse(&wide(crate::limits::FILTER_TERMS)).is_ok());
    assert!(parse(&wide(crate::limits::FILTER_TERMS + 1)).is_err());
    assert!(parse(&format!("title eq \"{}\"", "x".repeat(crate::limits::FILTER_BYTES))).is_err());
}

#[test]
fn keys_fold_literals_only_where_case_does_not_count() {
    let key = |text: &str| parse(text).unwrap().canonical_key();
    assert_eq!(key(r#"userName eq "ÄB""#), key(r#"USERNAME EQ "äb""#));
    assert_ne!(key(r#"externalId eq "AB""#), key(r#"externalId eq "ab""#));
}

#[test]
fn what_a_filter_reads_is_known() {
    let filter =
        Filter::parse(r#"id eq "g" and members eq "u""#, &[ResourceType::Group], &mut Notes::default()).unwrap();
    assert!(filter.mentions("members") && filter.mentions("id") && !filter.mentions("displayName"));
    let group = json!({"id": "g", "displayName": "a:b", "members": [{"value": "t"}, {"value": "u"}]});
    assert!(filter.matches(&group));
}

#[test]
fn the_root_search_treats_an_attribute_of_another_type_as_absent() {
    let filter = Filter::parse("not (members pr)", ResourceType::ALL, &mut Notes::default()).unwrap();
    assert!(filter.matches(&user()));
}
