//! The core schema of users: RFC 7643 §4.1 and §8.7.1, complete.

use super::attribute::Attribute;
use super::{Schema, SchemaRole, USER_URN};

pub(super) static USER: Schema = Schema {
    urn: USER_URN,
    name: "User",
    description: "User Account",
    role: SchemaRole::Core,
    attributes: &[
        Attribute::string(
            "userName",
            "Unique identifier for the User: the primary email address. Compared without case.",
        )
        .required()
        .unique()
        .indexed(),
        Attribute::complex("name", NAME, "The components of the user's real name."),
        Attribute::string("displayName", "The name of the User, suitable for display to end-users.").indexed(),
        Attribute::string(
            "nickName",
            "The casual way to address the user in real life, e.g., 'Bob' instead of 'Robert'.",
        ),
        Attribute::reference("profileUrl", &["external"], "A URL that is the User's online profile."),
        Attribute::string("title", "The user's title, such as \"Vice President\"."),
        Attribute::string("userType", "The relationship between the organization and the user, such as 'Employee'."),
        Attribute::string(
            "preferredLanguage",
            "The User's preferred written or spoken language, as an Accept-Language value, e.g., 'en-US'.",
        ),
        Attribute::string(
            "locale",
            "The User's default location for localizing currency, dates and numbers, e.g., 'en-US'.",
        ),
        Attribute::string(
            "timezone",
            "The User's time zone in the 'Olson' database format, e.g., 'America/Los_Angeles'.",
        ),
        Attribute::boolean("active", "Whether the User has access. False withdraws it; the user stays readable.")
            .null_keeps(),
        Attribute::string("password", "Accepted and never stored: users sign in at the identity provider.")
            .write_only(),
        Attribute::complex("emails", EMAILS, "Email addresses for the user.").multi_valued(),
        Attribute::complex(
            "phoneNumbers",
            PHONE_NUMBERS,
            "Phone numbers for the User, stored in the format they were sent in.",
        )
        .multi_valued(),
        Attribute::complex("ims", IMS, "Instant messaging addresses for the User.").multi_valued(),
        Attribute::complex("photos", PHOTOS, "URLs of photos of the User.").multi_valued(),
        Attribute::complex("addresses", ADDRESSES, "Physical mailing addresses for this User.").multi_valued(),
        Attribute::complex(
            "groups",
            GROUPS,
            "The groups to which the user belongs. Changed through the groups' members.",
        )
        .multi_valued()
        .read_only(),
        Attribute::complex("entitlements", LABELLED, "Entitlements for the User that represent a thing the User has.")
            .multi_valued(),
        Attribute::complex(
            "roles",
            LABELLED,
            "Roles for the User that collectively represent who the User is, e.g., 'Student'.",
        )
        .multi_valued(),
        Attribute::complex("x509Certificates", CERTIFICATES, "Certificates issued to the User.").multi_valued(),
    ],
};

const NAME: &[Attribute] = &[
    Attribute::string(
        "formatted",
        "The full name, including all middle names, titles, and suffixes, formatted for display.",
    ),
    Attribute::string("familyName", "The family name of the User, or last name in most Western languages."),
    Attribute::string("givenName", "The given name of the User, or first name in most Western languages."),
    Attribute::string("middleName", "The middle name(s) of the User."),
    Attribute::string("honorificPrefix", "The honorific prefix(es) of the User, or title, e.g., 'Ms.'."),
    Attribute::string("honorificSuffix", "The honorific suffix(es) of the User, or suffix, e.g., 'III'."),
];

const DISPLAY: Attribute = Attribute::string("display", "A human-readable name, used for display purposes.");
const TYPE: Attribute = Attribute::string("type", "A label indicating the attribute's function.");
const PRIMARY: Attribute = Attribute::boolean(
    "primary",
    "Whether this is the preferred value. True appears at most once; setting it clears it on the others.",
);

const EMAILS: &[Attribute] = &[
    Attribute::string("value", "An email address, stored as sent. Compared without case.").indexed(),
    DISPLAY,
    TYPE.suggests(&["work", "home", "other"]),
    PRIMARY,
];

const PHONE_NUMBERS: &[Attribute] = &[
    Attribute::string("value", "Phone number of the User."),
    DISPLAY,
    TYPE.suggests(&["work", "home", "mobile", "fax", "pager", "other"]),
    PRIMARY,
];

const IMS: &[Attribute] = &[
    Attribute::string("value", "Instant messaging address of the User."),
    DISPLAY,
    TYPE.suggests(&["aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo"]),
    PRIMARY,
];

const PHOTOS: &[Attribute] = &[
    Attribute::reference("value", &["external"], "URL of a photo of the User."),
    DISPLAY,
    TYPE.suggests(&["photo", "thumbnail"]),
    PRIMARY,
];

const ADDRESSES: &[Attribute] = &[
    Attribute::string("formatted", "The full mailing address, formatted for display. May contain newlines."),
    Attribute::string("streetAddress", "The full street address. May contain newlines."),
    Attribute::string("locality", "The city or locality."),
    Attribute::string("region", "The state or region."),
    Attribute::string("postalCode", "The zip code or postal code."),
    Attribute::string("country", "The country name."),
    TYPE.suggests(&["work", "home", "other"]),
    PRIMARY,
];

const GROUPS: &[Attribute] = &[
    Attribute::string("value", "The identifier of the User's group.").read_only(),
    Attribute::reference("$ref", &["Group"], "The URI of the corresponding Group.").read_only(),
    DISPLAY.read_only(),
    TYPE.suggests(&["direct", "indirect"]).read_only(),
];

const LABELLED: &[Attribute] = &[Attribute::string("value", "The value."), DISPLAY, TYPE, PRIMARY];

const CERTIFICATES: &[Attribute] =
    &[Attribute::binary("value", "The value of an X.509 certificate, in base64."), DISPLAY, TYPE, PRIMARY];
