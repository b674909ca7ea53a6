### Everything that the console says. The format is Project Fluent's: https://projectfluent.org

## Around every page
shell-skip = Skip to the content
shell-switch = Switch
shell-sign-out = Sign out
shell-nav = Console
section-members = Members
pager-next = Next page
export-csv = Export as CSV
filter-any = Any
filter-all = All
filter-apply = Show
button-cancel = Cancel
answer-yes = Yes
answer-no = No

## What was done
done-role = The role is changed.
done-removed = The member is removed.

## Where to go
index-title = Organizations
index-empty = You are in no organization yet. Accept an invitation, or ask an owner for one.
index-account = Your account

## States
state-active = Active
state-invited = Invited
state-kept = Kept on record
state-out = Out
state-guest = Guest
state-conflict = Sources disagree

## Sources
source-sso = Single sign-on
source-scim = Directory
source-invitation = Invitation
source-manual = By hand
source-default = By default

## Members
members-search = Username or address begins with
members-role = Role
members-kind = Who
members-kind-member = Members
members-kind-invitee = Invited
members-kind-guest = Guests
members-team = In team
members-none-yet = Nobody so far: there are more to look through.
members-none = Nobody is found.
members-show-all = Show everybody
members-name = Name
members-state = State
members-teams = Teams
members-source = From
members-since = Since
members-by-username = invited by username
members-managed-by = Directory of { $name }
members-count = { $count ->
    [one] 1 person
   *[other] { $count } people
}

## One member
member-remove = Remove
member-place = In { $name }
member-no-teams = None
member-first-sign-in = First sign-in
member-last-sign-in = Last sign-in
member-never = Never through a connection of this organization
member-managed = Managed by
member-change-role = Change the role
member-change-role-hint = By hand it counts until the directory says something new.
member-set-role = Set role
member-directories = In directories
member-no-directory = No directory of your connections has this person.
member-connection = Connection
member-active = Active there
member-modified = Last changed
member-why = Why { $name } is here
member-no-grants = No reason is on record.
member-grant-what = What
member-grant-team = Team { $name }
member-grant-whole = The organization
member-grant-asleep = Asleep: the directory has the person inactive
member-grant-source = Source
member-grant-origin = Because of
member-rule = Rule
member-actor = By
member-values = Values, and who says them
member-values-hint = Each source keeps what it says. The one that holds is marked; the others take over when it says nothing any more.
member-value = Value
member-said = Said
member-holds = Holds
member-locked = Locked
member-sessions = Sessions
member-no-sessions = No session that you may see.
session-device = Device
session-began = Signed in
session-ends = Ends
member-history = What happened
member-fields = What is different
member-history-more = What was before is in the activity log.

## Removing a member
remove-title = Remove { $name }
remove-what = { $name } loses access to { $other } at once, on every device. The account and its memberships elsewhere stay.
remove-teams = Membership ends in the teams
remove-returns = This alone does not keep the person out
remove-block = Keep out
remove-block-hint = Neither a directory, nor a sign-in, nor an older invitation brings the person back: only an owner does.
remove-button = Remove from the organization

## Teams
section-teams = Teams
teams-about = Groups of an identity provider named organization:team lead here.
teams-search = Name begins with
teams-empty = There are no teams yet. Make one below, or let your identity provider push a group named organization:team.
teams-none = No team is found.
teams-show-all = Show all teams
teams-name = Name
teams-name-hint = Lower-case letters and digits, and inside also - _ and .
teams-description = What it is for
teams-size = Members
teams-new = Make a team
teams-make = Make team
teams-members = { $count ->
    [one] 1 member
   *[other] { $count } members
}
teams-count = { $count ->
    [one] 1 team
   *[other] { $count } teams
}
done-team-made = The team is made.
done-team-changed = The team is changed.
done-team-added = The member is in the team.
done-team-left = The member is not in the team any more.
done-team-deleted = The team is deleted.
button-save = Save
team-delete = Delete team
team-add = Put a member in, by username
team-add-placeholder = ada
team-add-button = Put in
team-no-member = nobody with the username { $name } is a member of this organization
team-empty = Nobody is in this team yet.
team-take-out = Take out
team-take-out-of = Take out { $name } from { $other }
team-settings = Name and description
team-rename-hint = Groups of identity providers named after the old name go on leading here.
team-delete-title = Delete { $name }
team-delete-members = { $count ->
    [0] Nobody is in the team.
    [one] 1 member leaves the team, and stays in the organization.
   *[other] { $count } members leave the team, and stay in the organization.
}
team-delete-returns = If an identity provider pushes a group of this name again, the team comes back.
team-delete-button = Delete team

## Overview
section-overview = Overview
overview-attention = Needs attention
overview-quiet = Nothing needs your attention.
overview-figures = At a glance
overview-invited = Invited
overview-seats = of { $count } seats, together with those who are invited
attention-now = Now:
attention-no-seats = All { $count } seats are taken: whoever is assigned or signs in from now on has to wait.
attention-few-seats = { $count ->
    [one] 1 seat is free.
   *[other] { $count } seats are free.
}
attention-domain-pending = The record of the domain { $name } has not been found yet.
attention-domain-missing = The record of the domain { $name } is missing. After 14 days without it the domain counts for nothing.
attention-domain-lapsed = The domain { $name } has lapsed: nobody signs in through it until its record is back.
attention-domain-contested = Somebody else has shown that the domain { $name } is theirs.
attention-connection = Connection { $name }: { $found }.
attention-no-token = SCIM is enabled for { $name }, but no token works: its directory cannot reach you.
attention-token-ends = The last SCIM token of { $name } ends
attention-conflicts = { $count ->
    [one] Single sign-on and the directory of { $name } disagree about 1 account.
   *[other] Single sign-on and the directory of { $name } disagree about { $count } accounts.
}
attention-held = { $count ->
    [one] 1 request of the directory of { $name } is held, because it would end very many memberships.
   *[other] { $count } requests of the directory of { $name } are held, because they would end very many memberships.
}

## Sessions
section-sessions = Sessions
sessions-about = You see all sessions of people whose domain you hold, and of others those that began through your connections.
sessions-empty = Nobody is signed in. Sessions are here from the first sign-in on.
sessions-who = Who
session-used = Last used
session-end = End
session-end-of = End the session of { $other } on { $name }
session-end-all = Sign out everywhere
done-session-ended = The session is over, on every node.

## Activity
section-activity = Activity
activity-about = Every change, with who made it and why.
activity-when = When
activity-what = What
activity-name = Of what
activity-actor = By whom
activity-from = From day
activity-to = To day
activity-empty = Nothing has happened yet.
activity-none = Nothing is found.
activity-show-all = Show everything
activity-by = { $source }, { $name }

## Settings
section-settings = Settings
settings-name = Name
settings-name-hint = The former name goes on leading here, for links, tokens and groups, and nobody else gets it.
settings-rename = Rename
settings-seats = Seats
settings-seats-limit = Seats at most
settings-seats-hint = Leave it empty for as many as are needed. Fewer than are taken end nobody's membership; new people wait.
settings-seats-wrong = use a whole number, or leave it empty
settings-used = { $members ->
    [one] 1 member
   *[other] { $members } members
} and { $invited ->
    [one] 1 invitation
   *[other] { $invited } invitations
} take a seat.
settings-owners = Owners
settings-owners-hint = Make somebody an owner on their own page. The last owner cannot be removed.
settings-break-glass = Break-glass codes, for the day the identity provider is down
done-renamed = The organization has its new name.
done-seats = The seats are changed.

## Companies
index-companies = Companies
company-about = Owners of a company own all of its organizations.
company-no-organizations = The company has no organizations yet. Make one below.
company-unlimited = As many as are needed
company-new = Make an organization
company-seats-hint = Leave it empty for as many as are needed.
company-make = Make organization
company-owners = Owners
company-owners-hint = They own every organization here, also those that are made later.
company-owner-add = Make somebody an owner, by username
company-owner-button = Make owner
company-owner-remove-of = Remove { $name } from the owners
company-no-member = nobody with the username { $name } is a member of an organization of this company
company-holds = What the company holds
company-domains = Verified domains
company-connections = Connections
company-none = None
done-organization-made = The organization is made.
done-company-owner = The person is an owner of the company.
done-company-owner-removed = The person is an owner of the company no more.

## Invitations
section-invitations = Invitations
invitations-about = Who is invited takes a seat, and has 14 days to answer.
invitations-pending = Waiting for an answer
invitations-empty = Nobody is invited. Paste addresses above to invite people.
invitations-who = Who
invitations-inviter = By
invitations-sent = Sent
invitations-expires = Until
invitations-actions = Do
invitations-resend = Send again
invitations-resend-to = Send again to { $name }
invitations-cancel = Take back
invitations-cancel-of = Take back the invitation of { $name }
invitations-count = { $count ->
    [one] 1 invitation
   *[other] { $count } invitations
}
invite-title = Invite people
invite-people = Addresses or usernames
invite-people-hint = One a line, or separated by commas. A list with the columns email, role and team is read as such.
invite-file = Or a CSV file
invite-file-hint = With a column email, and if you like role and team. What the file does not say is as chosen below.
invite-team = Team
invite-review = Review
invite-review-title = Review
invite-review-about = Nothing is sent yet.
invite-will = Will be invited
invite-none = Nobody of the list can be invited.
invite-not = Not invited
invite-why = Why
invite-nobody = name somebody to invite, or choose a file
invite-line = Line { $line }: { $why }
invite-more = { $count ->
    [one] And 1 more.
   *[other] And { $count } more.
}
invite-seats = { $count } { $count ->
    [one] seat is
   *[other] seats are
} needed, { $free } free.
invite-button = { $count ->
    [one] Invite 1 person
   *[other] Invite { $count } people
}
invite-sent-title = Invitations
invite-sent = Invited
invite-links = No mail is sent here: pass each link on to its person. It is shown only now.
invite-link = No mail is sent here: pass the new link on. It is shown only now, and the former one works no longer.
invite-its-link = Link
invite-back = Back to the invitations
copy-button = Copy
copied-button = Copied
done-invitation-sent = The invitation is sent again.
done-invitation-cancelled = The invitation is taken back.

## Domains
section-domains = Domains
domains-about = People whose address is of a verified domain sign in through your identity provider.
domains-empty = There are no domains yet. Add the one that your people's addresses end in.
domains-name = Domain
domains-seen = Last look
domains-add = Add a domain
domains-add-hint = As in addresses after the @. Sub-domains are domains of their own.
domains-add-button = Add domain
domains-count = { $count ->
    [one] 1 domain
   *[other] { $count } domains
}
domain-record = The record that proves it
domain-record-set = Add this record to the domain's DNS. It is looked for by itself for 72 hours, and whenever you say so.
domain-record-keep = Leave this record in the domain's DNS: it is looked for every day.
domain-by-operator = The operator of this installation vouches for the domain. With this record it stands by itself.
domain-record-type = Type
domain-record-name = Name
domain-record-value = Value
domain-checked = Last look
domain-not-checked = Not yet
domain-next = Next look
domain-check = Look now
domain-renew = Make a new value
domain-renew-hint = A new value ends the one above; a domain that is verified stays so.
domain-lapses = The record is missing. Put it back, or the domain counts for nothing from
domain-contested = Somebody else has shown that this domain is theirs. Prove it anew until
domain-auto = Who has an account already
domain-auto-label = People of this domain join when they sign in
domain-auto-hint = Existing accounts with a confirmed address of the domain become members. Where a connection signs the domain's people in, Just-in-Time provisioning decides instead.
domain-audit = Not members yet
domain-audit-about = Accounts with a confirmed address of the domain that are no members here.
domain-audit-show = Show them
domain-audit-empty = Everybody with an account of this domain is a member.
domain-audit-invite = Invite these
domain-username = Username
domain-email = Email
domain-remove = Remove domain
domain-remove-title = Remove { $name }
domain-remove-what = Nobody signs in through { $name } any more, enforcement of single sign-on for it ends, and its people count as guests. Members stay. Another holder may prove the domain at once.
domain-remove-connections = Connections that sign its people in now:
done-domain-added = The domain is added. Set its record now.
done-domain-checked = The record was looked for: what was seen is below.
done-domain-renewed = There is a new value.
done-domain-changed = The domain is changed.
done-domain-removed = The domain is removed.
state-verified = Verified
state-pending = Waits for its record
state-missing = Record missing
state-lapsed = Lapsed
