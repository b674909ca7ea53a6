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

## Signing in at a product
consent-app-title = { $name } wants to know who you are
consent-app-what = { $name } is not run by whoever runs this site. If you agree, it learns:
consent-app-who = that it is you, whenever you sign in there
consent-app-profile = your name and username
consent-app-email = your email address
consent-app-organizations = your organizations, with your role and teams there
consent-app-offline = the same while you are away, until your session here ends
consent-app-as = You are signed in as { $name }.
consent-app-take-back = You can take this back on your account's page.
consent-app-yes = Agree and go on
applications-title = Applications
applications-what = You are signed in at these through this site. Taking back ends that at once, and asks you again where you were asked.
applications-none = You are signed in at no application through this site.
applications-name-of = Application
applications-knows = knows your { $name }
applications-name = name
applications-email = address
applications-organizations = organizations
applications-end = Take back
applications-end-of = Take back what { $name } may do
applications-back = Back to your account
applications-told = Told of it
applications-told-soon = is told now
applications-told-asks = learns it when it asks next, within five minutes
applications-told-failed = not yet: { $name }
applications-member = Applications
applications-member-what = Where the member was signed in through this site, and when each application was told that it is over.
onward-title = You are signed in
onward-what = You are led on to the application.
device-title = Sign in on another device
device-what = Type the code that the device or program shows.
device-code = Code
device-go-on = Go on
device-waits = { $name } waits for you on another device.
device-only-own = Go on only if you started this yourself. Whoever started it is signed in as you.
device-yes = Sign in there
device-no = It was not me
device-done = You are signed in there. You can close this page.
device-declined = Nobody is signed in there.
device-unknown = No device waits with this code. Look at the device again: codes work for 15 minutes.
logout-title = Sign out?
logout-what = You are signed out here, and at every application that you use through this site.
logout-done = You are signed out

## When sessions and tokens end
session-through = through { $name }
session-provider = the identity provider
session-limit-web = 24 hours after signing in
session-limit-desktop = 90 days after signing in
session-limit-idle = { $count ->
    [one] after one day without use
   *[other] after { $count } days without use
}
session-limit-sign-in = session minutes that { $name } stated at sign-in
session-limit-directory = session minutes that the directory of { $name } states
session-limit-provider = the session at { $name } ends then
session-over = { $reason } ({ $limit })
session-ended = Ended
session-why = Why
sessions-show = Which sessions
sessions-live = Signed in
sessions-ended = Ended in the last 30 days
sessions-ended-empty = No session ended in the last 30 days.
tokens-ended-empty = No token ended in the last 30 days.
tokens-off-since = Switched off
account-sessions = Sessions
account-device = Device
account-signed-in = Signed in
account-ends = Ends
account-end-it = End it
account-end = End
account-end-of = End the session on { $name }
account-this-one = this one

## Charts
chart-name = { $name }: { $other }
chart-sign-ins = Sign-ins
chart-sign-ins-none = Nobody signed in through a connection in the last 14 days.
chart-sign-ins-told = In the last 14 days people signed in { $succeeded ->
    [one] once
   *[other] { $succeeded } times
}; { $refused ->
    [0] none was refused
    [one] 1 sign-in was refused
   *[other] { $refused } sign-ins were refused
}.
chart-requests = Requests of directories
chart-requests-none = No directory sent anything in the last 14 days.
chart-requests-told = In the last 14 days directories sent { $succeeded ->
    [one] 1 request that succeeded
   *[other] { $succeeded } requests that succeeded
}; { $refused ->
    [0] none was refused
    [one] 1 was refused
   *[other] { $refused } were refused
}.
chart-succeeded = Succeeded
chart-refused = Refused
chart-table = By day, in UTC
chart-day = Day

## Companies' domains and connections
company-domains-go = Domains of the company
company-connections-go = Connections of the company
new-organizations = It covers { $name }.
new-no-organizations = Make an organization of the company first: a connection leads into one.

## Signing in, invitations, and one's own account

# Sign in
sign-in-sign-in = Sign in
sign-in-email-address = Email address
sign-in-continue-with-sso = Continue with SSO
sign-in-sign-in-with-a = Sign in with a password

# Choose
choose-sign-in-as = Sign in as { $name } through your company.
choose-use-another-address = Use another address

# Password
password-email-address-or-username = Email address or username
password-password = Password
password-forgotten = Forgotten?

# Passkey
passkey-to-use-a-passkey = To use a passkey, open this page in a browser that knows them, and let it run scripts.

# Link
link-your-link-works-once = Your link works once.

# New password
new-password-set-your-password = Set your password
new-password-present-password = Present password
new-password-new-password-of-at = New password, of at least { $name } characters
new-password-set-it = Set it
new-password-other-sessions-that-began = Other sessions that began with the present password end.

# Reset
reset-a-new-password = A new password
reset-if-there-is-an = If there is an account with this address that signs in with a password, a mail with a link is on its way. The link works once, within 30 minutes.
reset-back-to-signing-in = Back to signing in
reset-send-a-link = Send a link

# Second factor
second-factor-second-factor = Second factor
second-factor-one-more-step = One more step
second-factor-the-code-that-your = The code that your authenticator app shows
second-factor-the-app-is-not = The app is not at hand?
second-factor-one-of-your-recovery = One of your recovery codes
second-factor-use-the-recovery-code = Use the recovery code
second-factor-without-those-too-whoever = Without those, too, whoever runs Muster for you can reset your second factor.
second-factor-begin-anew = Begin anew

# Confirm
confirm-switch-account = Switch account
confirm-switch-account-asked = Switch account?
confirm-you-are-signed-in = You are signed in as { $name }. Your company has signed in { $other }.
confirm-continue-as = Continue as { $name }
confirm-stay-signed-in-as = Stay signed in as { $name }

# Leave
leave-continue = Continue
leave-continue-to-your-company = Continue to your company
leave-you-sign-in-at = You sign in at { $name }, and come back here.

# Break glass
break-glass-break-glass = Break-glass
break-glass-for-an-owner-while = For an owner, while the identity provider is down. The code works once, for a session of an hour, and all owners are told.
break-glass-code = Code

# Break glass codes
break-glass-codes-break-glass-codes = Break-glass codes
break-glass-codes-the-new-code-it = The new code. It is shown only now: print it, and seal it.
break-glass-codes-it-is-used-at = It is used at
break-glass-codes-with-an-owners-address = , with an owner's address.
break-glass-codes-you-own-no-organization = You own no organization.
break-glass-codes-there-is-a-code = There is a code. A new one replaces it.
break-glass-codes-there-is-no-code = There is no code: nobody comes in while the identity provider is down, except with a password that still counts.
break-glass-codes-make-a-new-code = Make a new code
break-glass-codes-for = for { $name }
break-glass-codes-back-to-your-account = Back to your account

# Account
account-invitations = Invitations
account-team = , team { $name }
account-from = From { $name }.
account-until = Until
account-accept-the-invitation-to = Accept the invitation to { $name }
account-accept = Accept
account-decline-the-invitation-to = Decline the invitation to { $name }
account-decline = Decline
account-email = Email
account-username = Username
account-name = Name
account-this-session = This session
account-ends-at = ends
account-console = Console
account-how-you-sign-in = How you sign in
account-access-tokens = Access tokens
account-sign-out = Sign out
account-organizations = Organizations
account-you-are-in-no = You are in no organization.
account-guest = guest
account-role = Role { $name }: { $other }
account-no-teams = No teams.
account-teams-team = Team
account-why = Why
account-open-in-the-console = Open in the console
account-leave = Leave { $name }

# Leave organization
leave-organization-you-lose-access-to = You lose access to { $name } and its teams at once. An owner can invite you again.
leave-organization-this-alone-does-not = This alone does not keep you out:
leave-organization-leave = Leave
leave-organization-stay = Stay

# Invitation
invitation-join = Join { $name }
invitation-invites-you = { $name } invites you to the organization { $other }.
invitation-you-are-invited = You are invited to the organization { $name }.
invitation-role = Role
invitation-valid-until = Valid until
invitation-for-another-account = You are signed in as { $name }, and this invitation is for another account: sign in with the one that has the address which it was sent to.
invitation-use-another-account = Use another account
invitation-your-company-signs-you = Your company signs you in.
invitation-sign-in-with-the = Sign in with the account that has the address which this invitation was sent to, then answer it.
invitation-no-account-with-that = No account with that address, and no way to sign in? Ask whoever invited you.
invitation-make-your-account-it = Make your account: it gets the address that this invitation was sent to.
invitation-your-name = Your name
invitation-password-of-at-least = Password, of at least { $name } characters
invitation-make-the-account-and = Make the account and join

# Invitation over
invitation-over-traceid = TraceID:
invitation-over-go-to-your-account = Go to your account

# Security
security-signing-in = Signing in
security-your-company-wants-you = Your company wants you to sign in through it ({ $name }). Your password, second factor and passkeys count no more, and are not changed here.
security-it-is-a-while = It is a while since you showed who you are. Confirm that it is you, to change something here.
security-confirm-that-it-is = Confirm that it is you
security-set = set { $name }
security-none = none
security-change-it = Change it
security-set-one = Set one
security-authenticator-app = Authenticator app
security-after-your-password-you = After your password, you are asked for a code from your app.
security-set-up = Set up
security-last-used = Last used
security-never = never
security-recovery-codes-left = Recovery codes left
security-few-recovery-codes-are = Few recovery codes are left: make new ones.
security-make-new-recovery-codes = Make new recovery codes
security-turn-it-off = Turn it off
security-your-password-or-a = Your password, or a code from the app
security-an-app-on-your = An app on your phone shows a new code every half minute. With it, your password alone lets nobody in.
security-set-up-an-authenticator = Set up an authenticator app
security-passkeys = Passkeys
security-a-passkey-on-your = A passkey on your phone, computer or security key signs you in without a password and without a code.
security-added-last-used = added { $name }, last used
security-remove-the-passkey = Remove the passkey { $name }
security-remove = Remove
security-browsers-have-passkeys-only = Browsers have passkeys only where Muster is reached under a name and https, or as localhost: here it is not, so none can be added or used.
security-to-add-a-passkey = To add a passkey, open this page in a browser that knows them, and let it run scripts.
security-what-you-call-it = What you call it, such as "My phone"
security-add-a-passkey = Add a passkey

# Authenticator
authenticator-scan-this-with-the = Scan this with the app on your phone, or type the key into it.
authenticator-qr-code-for-the = QR code for the authenticator app; the key below says the same
authenticator-key = Key:
authenticator-the-code-that-the = The code that the app shows now
authenticator-turn-it-on = Turn it on
authenticator-leave-it-as-it = Leave it as it was

# Recovery codes
recovery-codes-recovery-codes = Recovery codes
recovery-codes-your-recovery-codes = Your recovery codes
recovery-codes-write-these-down-or = Write these down, or print them, and keep them apart from your phone. They are shown once; each stands once for a code of the app. Former ones work no longer.
recovery-codes-i-have-them = I have them

# Confirm self
confirm-self-is-it-you = Is it you?
confirm-self-before-you-change-how = You are signed in as { $name }. Before you change how you sign in, or make what opens something for longer than this session, show that it is you.
confirm-self-confirm = Confirm
confirm-self-you-have-neither-a = You have neither a password nor an authenticator app here: sign in once more, and come back within ten minutes.
confirm-self-sign-in-again = Sign in again

# Trial
trial-test-sign-in-through = Test sign-in through { $name }
trial-would-be-refused = { $name } would be refused:
trial-would-be-signed-in = { $name } would be signed in.
trial-this-was-a-test = This was a test: nothing has changed, and nobody is signed in.
trial-back-to-the-set = Back to the set-up
trial-what-would-change = What would change
trial-nothing = Nothing.
trial-event = Event
trial-what = What
trial-what-was-checked-and = What was checked and decided
trial-rule = Rule
trial-result = Result
trial-what-arrived = What arrived

# Why somebody is where they are, on their own page
place-since = A member since { $at }.
place-since-why = A member since { $at }: { $why }.
place-role-default = the default, because nothing says otherwise
why-sso-through = signed in through { $name }
why-scim-of = the directory of { $name }
why-sso = single sign-on
why-scim = a directory
why-manual = an owner, by hand
why-invitation = an invitation
why-company-says = what your company says of you
why-invited = you were invited
why-group = a group of yours
why-default = the default for everyone
why-attribute = an attribute of yours
why-assigned = assigned by your company
why-decided = decided
session-since-through = signed in through { $name }, { $at }
session-since = signed in { $at }

## Where to go
index-title = Organizations
index-empty = You are in no organization yet. Accept an invitation, or ask an owner for one.
index-account = Your account

## States
state-active = Active
state-invited = Invited
state-kept = Kept on record
state-suspended = Suspended
state-out = No member any more
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
members-kind-suspended = Suspended
members-show-suspended = Look among those who are suspended: deactivated by the directory, or waiting for a seat
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
attention-look = Look at it
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
domain-audit-invite-into = Invite these into { $name }
domain-auto-into = Existing accounts of this domain join
domain-auto-none = No organization
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
## Connections
section-connections = Connections
connections-what = A connection brings people in from an identity provider: by single sign-on, by its directory (SCIM), or both.
connections-none = No connection covers this organization yet.
connections-make = Make a connection, set it up step by step or send a link to whoever looks after the identity provider, try it, and activate it.
connections-name = Connection
connections-state = State
connections-sso = Single sign-on
connections-scim = SCIM
connections-attention = Needs attention
connections-nothing = Nothing
connections-of-company = Held by the company { $name }
connections-elsewhere = Held elsewhere; its holder looks after it
connections-held = { $count ->
    [one] 1 change waits for a decision
   *[other] { $count } changes wait for a decision
}
connection-saml = SAML
connection-oidc = OpenID Connect
connection-no-protocol = No identity provider yet
done-plan = The plan is applied.
done-token-revoked = The token is revoked.

## How connections and what comes through them are
mark-on = On
mark-off = Off
mark-enforced = Enforced
mark-not-set-up = Not set up
mark-works = Works
mark-covers = Covers this organization
mark-may-cover = May cover it, and does not yet
mark-over = Over
mark-good = Good
mark-ended = Ended
mark-active = Active
mark-pilot = Pilot
mark-draft = Draft
mark-switched-off = Switched off
mark-changed = Changed something
mark-unchanged = Changed nothing
mark-refused = Refused
mark-failed = Failed
mark-read = Read
mark-tested = Test

## One connection
connection-log = Log
connection-change = Change settings
connection-held = Changes of the directory are held because they would end much at once, and wait for a decision.
connection-test = Try to sign in
connection-test-hint = Shows what arrives and what it would come to. Nothing is changed, and nobody is signed in.
guide-title = What to tell your identity provider
guide-nothing = First state a SAML or OpenID Connect identity provider for this connection; the values to copy are here then.
guide-choose = Your identity provider
guide-what = What
guide-theirs = Its name in { $name }
guide-value = Value
guide-entity-id = Our entity ID
guide-acs = Where answers are sent
guide-metadata = Our metadata
guide-login = Where signing in begins
guide-logout = Where signing out is said
guide-redirect = Where people come back to
guide-after-logout = Where people come back after signing out
guide-backchannel = Where ended sessions are said
guide-keys = Our public keys
attributes-title = Which attributes are read
attributes-hint = Of each, the first name that is present and not empty counts.
attribute-email = Email address
attribute-full-name = Full name
attribute-given-name = Given name
attribute-family-name = Family name
attribute-groups = Groups
attribute-organization = Organization
attribute-team = Team
attribute-role = Role
attribute-minutes = Session minutes
provider-title = What your identity provider told us
provider-issuer = Entity ID or issuer
provider-url = Sign-in URL
provider-certificate = Certificate
provider-ends = until
provider-metadata = Metadata
provider-fetched = Fetched
reach-title = Whom it reaches
reach-organizations = Organizations
reach-no-organizations = None yet
reach-domains = Verified domains
reach-no-domains = None: verify a domain before people can sign in
settings-title = Settings
setting-jit = Just-in-Time provisioning
setting-jit-does = Whoever signs in is made a member. Off, only members and people who are invited can sign in.
setting-organization = Default organization
setting-organization-does = Where people go whom neither a group nor an attribute places.
setting-only-one = The only one that is covered
setting-team = Default team
setting-team-does = The team there.
setting-precedence = Precedence
setting-precedence-does = Who wins where single sign-on and the directory disagree.
setting-highest-role = Highest role
setting-highest-role-does = The most that the identity provider can make of somebody.
setting-enforced = Enforced single sign-on
setting-enforced-does = People with an address of its domains sign in through it alone, and not with a password.
setting-guard = Mass-change guard
setting-guard-does = Requests of the directory that would end too much within an hour wait for an owner.
setting-follows = Membership follows groups
setting-follows-does = Who is in no group of an organization any more leaves it.
precedence-sso = Single sign-on
precedence-scim = Directory
precedence-last = Whoever changed it last
precedence-name = For the full name
precedence-role = For the role
precedence-minutes = For the session's length

## Trying a connection
test-title = Try { $name }
test-what = You are led to your identity provider and back, and see what arrived and what it would come to. Nothing is changed, and nobody is signed in.
test-begin = Begin the test sign-in
test-share = For somebody else, copy the link. It is good for 15 minutes.

## SCIM
scim-title = SCIM of { $name }
scim-tell = What to tell your identity provider
scim-token-below = A token that you make below
scim-tokens = Tokens
scim-no-tokens = There is no token yet. Make one, and give it to your identity provider.
scim-make = Make a token
scim-label-hint = What you call it, such as where it is used.
scim-days = Days until it ends
scim-days-hint = Empty: it works until it is revoked.
scim-rotate = Rotate the tokens
scim-rotate-what = Makes a new token, and lets all others end after a while, in which both work.
scim-hours = Hours in which the others go on working
scim-hours-hint = 0 ends them at once.
scim-enable = Enable SCIM
scim-enable-what = The directory provisions people from then on. After it was disabled, it goes on where it left off.
scim-disable = Disable SCIM
scim-disable-what = Members that it provisioned stay, and nothing is synced any more: they are removed by hand. Tokens stay valid, and every request is refused saying why. Enabled again, it goes on where it left off.
token-title = The new token
token-once = Copy it now, and keep it safe: it is shown once.
token-kept = I have it
token-label = Label
token-made = Made
token-used = Last used
token-never-used = Never
token-ends = Ends
token-never-ends = Never
token-do = Action
revoke-title = Revoke the token { $name }
revoke-what = Requests with it are refused at once. Nobody's membership changes.
revoke-last = No other token works: the directory of { $name } stops syncing until you make a new one.
revoke-button = Revoke

## The log
log-title = Log of { $name }
log-which = Result
log-replays = Requests run again
log-errors = Errors only
log-user = Address, user name or TraceID
log-nobody = nobody who could be believed
log-none = Nothing is found.
log-none-hint = Sign-ins and requests of the directory are here for some days after they came.
log-further = Look further back
log-when = When
log-result = Result
log-what = What
log-status = Status
log-why = Why
log-scim = SCIM request
log-sign-in = Sign-in
log-replay = Replayed request
log-approval = Approved request
log-count = { $count ->
    [one] 1 entry on this page
   *[other] { $count } entries on this page
}
trace-received = What was received
trace-request = Request
trace-dialect = Recognised as
trace-repeats = Repeats
trace-sent = What was sent, without secrets
trace-no-body = Nothing was sent with it, or it is kept no more.
trace-understood = Understood against the letter of the protocol
trace-decided = What was checked and decided
trace-no-decisions = Nothing had to be decided, or it is kept no more.
trace-changed = What changed
trace-no-changes = Nothing.
trace-result = Result
trace-answered = Answered
trace-took = Took

## Plans
change-title = Settings of { $name }
change-what = Nothing is changed yet: you see first who would be affected.
plan-make = See what would change
plan-title = Plan for { $name }
plan-not-yet = Nothing is changed yet.
plan-made = Made
plan-settings = Settings
plan-no-settings = No setting changes.
plan-people = People
plan-figures = Organizations in figures
plan-nobody = Nobody's membership, teams or role change.
plan-organization = Organization
plan-seats = Seats taken
plan-who = Who
plan-effect = What happens
plan-before = Before
plan-after = After
plan-more = { $count ->
    [one] And 1 more place.
   *[other] And { $count } more places.
}
plan-apply = Apply the plan
plan-exactly = It does exactly this, or is refused if something has changed since.
plan-again = Make another plan
plan-applied = This plan is applied.
effect-added = Added
effect-removed = Removed
effect-moved = Moved
effect-role = Role changed
effect-management = Managed otherwise
effect-other = Otherwise changed

## Held changes
held-title = Held changes of { $name }
held-what = The directory asked for these, and they would end much within an hour. Nothing of them is done until you decide.
held-none = No change waits for a decision.
held-about = Who or what
held-ends = Would end
held-memberships = memberships
held-grants = places in teams
held-trace = What was sent
held-approve = Approve
held-reject = Reject
held-all = All that wait
held-all-what = Together they would end this. Approved, they are done in the order in which they came; rejected, they are discarded.
held-approve-shown = Approve those shown
held-reject-shown = Reject those shown
done-approved = What was approved is decided; the log says what came of each.
done-rejected = What was rejected is discarded.

## Access tokens
section-tokens = Access tokens
tokens-about = Programs call the management API with them. They belong to the organization, whoever made them.
tokens-about-own = Programs call the management API with them as you. They may do what you may, and of that what they are for.
tokens-empty = There are no access tokens yet. Make one below.
tokens-secret = This is the token. Copy it now: it is not shown again.
tokens-label = Label
tokens-label-hint = What it is for, so that you know it again.
tokens-scopes = What it may do
tokens-scopes-hint = Choose no more than the program needs.
tokens-used = Last used
tokens-expires = Ends
tokens-never = Never
tokens-never-used = It was never used.
tokens-days = In { $count } days
tokens-new = Make a token
tokens-make = Make token
tokens-on = Switch on
tokens-on-of = Switch on { $name }
tokens-off = Switch off
tokens-off-of = Switch off { $name }
tokens-end = End
tokens-end-of = End { $name }
tokens-end-what = Programs that use it are refused from now on. This cannot be undone.
done-token-made = The token is made.
done-token-on = The token works again.
done-token-off = The token is switched off.
done-token-ended = The token has ended.
state-on = Works
state-off = Off
state-expired = Expired
scope-organizations-read = See organizations, their seats and settings
scope-organizations-write = Change seats and settings
scope-members-read = See members
scope-members-write = Change roles and remove members
scope-invitations-read = See who is invited
scope-invitations-write = Invite people
scope-teams-read = See teams
scope-teams-write = Change teams and who is in them
scope-domains-read = See domains
scope-domains-write = Change domains
scope-connections-read = See connections, conflicts, plans and logs
scope-connections-write = Change connections
scope-clients-read = See the applications that sign members in
scope-clients-write = Add, change and remove applications that sign members in
scope-webhooks-read = See webhooks, and what they were sent
scope-webhooks-write = Add, change and remove webhooks, and send again
scope-sessions-read = See where people are signed in
scope-sessions-write = Sign people out
scope-activity-read = Read the activity log
scope-tokens-read = See access tokens
scope-tokens-write = Make and end access tokens

## Who loses access with a plan
plan-losing = Who could not sign in any more
plan-losing-about = They have an account of the connection's domains, and are neither members nor invited. Invite them first, or leave Just-in-Time provisioning on.

## Conflicts
conflicts-title = Where sources disagree
conflicts-about = What single sign-on and the directory say of the same value. Nothing that loses is lost: change who wins in the settings, or the value at its source.
conflicts-none = Single sign-on and the directory agree about everybody.
conflicts-who = Who
conflicts-value = Value
conflicts-holds = Holds
conflicts-decided = Decided by
conflicts-said = What each says
conflicts-since = Since
conflicts-default = the default
conflicts-link = Conflicts

# Connecting an identity provider, step by step: in the console, and behind a set-up link.
step-domains = Domains
step-domains-todo = Add the domain of your people's addresses.
step-domains-begun = { $name }: the record is not found yet.
step-provider = Identity provider
step-provider-todo = Tell it what it must know of us, and us what we must know of it.
step-provider-done = It is known well enough to be tried.
step-test = Test sign-in
step-test-todo = Come through it once: nobody is let in, and you see what arrives.
step-test-done = The last one would have been let in: { $name }
step-test-failed = The last one would have been refused: { $name }
step-directory = Directory (SCIM)
step-directory-todo = Let the identity provider create, change and deactivate people by itself.
step-directory-begun = It is on; nothing was heard of the directory yet.
step-directory-done = Last heard of: { $name }
step-groups = Groups
step-groups-todo = Groups named organization:team need nothing here. Others are mapped in a table.
step-groups-stated = { $count ->
    [one] One group was stated in the last test sign-in.
   *[other] { $count } groups were stated in the last test sign-in.
}
step-groups-done = { $count ->
    [one] One row in the table.
   *[other] { $count } rows in the table.
}
step-optional = optional
state-done = Done
state-begun = Under way
state-todo = To do
button-add = Add

connecting-domains-what = People sign in through this connection by addresses of its domains. Each counts once its record is found in DNS.
connecting-domains-none = No domain yet. Add the one after the @ of your people's addresses.
connecting-domain-proven = It is verified: there is nothing to do.
connecting-domain-leave = Take out
connecting-domain-add = Add a domain
connecting-domain = Domain
connecting-domain-hint = Such as company.com. Subdomains are domains of their own.
done-domain-in = The domain is added.
done-domain-out = The connection does without that domain.
done-domain-looked = The record was looked for: what was seen is below.

provider-what = First tell your identity provider what it must know of us; then tell us what it shows you.
provider-copy = 1. Copy this to your identity provider
provider-paste = 2. Tell us what { $name } shows you
provider-protocol = Protocol
provider-known = Known as
provider-not-fetched = The metadata could not be fetched:
provider-change = Change
provider-issuer-hint = To the letter, as its discovery document says. For Entra ID, with your tenant's id in it.
provider-client = Client ID
provider-secret = Client secret
provider-secret-hint = It is kept encrypted, and never shown again.
provider-secret-kept = One is kept. Leave this empty to keep it; with another issuer it is forgotten.
provider-tenant = Tenant
provider-tenant-hint = Only for an issuer that many share: your Google domain (hd), or your Entra tenant (tid). Everybody else's people are refused.
provider-authentication = How we show who we are
provider-secret-basic = Client secret, in the header
provider-secret-post = Client secret, in the form
provider-private-key = A statement signed with our key
provider-no-secret = Nothing but PKCE (public client)
provider-graph = Look groups up in Microsoft Graph
provider-graph-hint = Only for Entra ID, where people have more groups than fit into a token.
provider-way = How it is known
provider-way-url = Its metadata is at an address
provider-metadata-url = Metadata address
provider-metadata-url-hint = Best: new certificates are taken over by themselves.
provider-way-paste = I have its metadata
provider-file = Metadata file
provider-metadata-text = Or paste it here
provider-way-parts = I enter the parts
provider-entity = Entity ID
provider-certificates = Signing certificates
provider-certificates-hint = One after the other, as -----BEGIN CERTIFICATE----- blocks. Add the next one before it is used.
provider-sign = Sign our requests
provider-sign-hint = Needed only if your identity provider asks for it. Our certificate is in our metadata.
provider-encryption = Offer an encryption key
provider-encryption-hint = Your identity provider may then encrypt what it says for us.
provider-force = People show who they are each time
provider-force-hint = Also those who are signed in at the identity provider already.
attributes-typed-hint = One name a line; of each, the first that is present and not empty counts. Leave one empty for the usual names.
done-provider = It is saved. Now try it.

tests-what = You are sent to the identity provider and come back. Nobody is made a member and no session begins: you see what arrived, and what would come of it.
tests-begin = Begin a test sign-in
tests-begin-hint = Sign in there as somebody whom you have assigned to the application.
tests-no-domain = No domain is verified yet: the test shows what arrives, and that the address is of no verified domain.
tests-no-provider = First say which identity provider it is.
tests-came = What came of them
tests-none = None yet.
tests-when = When
tests-result = Result
tests-passed = Would have been let in.
tests-refused = Would have been refused.
tests-passed-before = Would have been let in, by settings that have changed since.
tests-refused-before = Would have been refused, by settings that have changed since.

directory-what = With SCIM, your identity provider creates, changes and deactivates people by itself: who is deactivated there is out here within a second.
directory-token = A token for your directory
directory-once = It is shown only now. Paste it into your identity provider; if it is lost, make another.
directory-has-token = There is one. It is not shown again.
directory-no-token = Make one below.
directory-heard = Last heard of the directory
directory-never = Never
directory-make = Make a token
directory-make-hint = The one that you made before works no more then.
directory-later = Until the connection is in use, requests are answered with 403: your identity provider's own test fails so long. Enter address and token now, and switch provisioning on there once the connection is activated.
directory-on = Switch SCIM on
directory-off = Switch SCIM off
directory-off-now = SCIM is off. People are then let in when they sign in, and taken out by hand.
done-scim-on = SCIM is on. Make a token now.
done-scim-off = SCIM is off.

groups-what = A group named organization:team leads to that team, without anything here. Other names are mapped below.
groups-try = Where would these groups lead?
groups-names = Names of groups
groups-names-hint = One a line, as your identity provider calls them.
groups-try-button = Try
groups-group = Group
groups-leads = Leads to
groups-not-covered = leads nowhere: { $name } is no organization of this connection
groups-table = Mapping table
groups-table-what = A row for each group whose name says nothing by itself. A row also may give a role.
groups-none = No rows.
groups-add = Add a row
groups-team = Team
groups-team-hint = It is made when somebody comes. Leave it empty for the organization alone.
groups-role = Role
groups-role-hint = It follows the group: who leaves it there loses the role here.
groups-no-role = no role of its own
groups-pattern-hint = Exactly as it is called there, or with * for any characters.
groups-remove = Remove
done-mapping-in = The row is added.
done-mapping-out = The row is removed.

setup-overview = Steps
setup-title = Set up { $name }
setup-what = Each step is checked for real. When you are done, an owner looks at it and activates the connection; until then nobody signs in through it.
setup-ready = When it is done
setup-ready-what = The connection was tried, and its domain is verified. Tell the owners that they can activate it.
setup-not-ready = A verified domain and a test sign-in that passes are still to come. You can tell the owners all the same.
setup-ready-button = Tell the owners
setup-reach = What you can do here
setup-reach-what = You state the identity provider, the domains, the directory and the mapping of this one connection. You see no members and no secrets that are there already, and owners are told that you have begun.
done-setup-ready = The owners are told.
setup-start-who = For { $name }, somebody asks you to connect your identity provider.
setup-start-what = You walk through it step by step: domains, identity provider, a test sign-in, and if you like the directory and groups. You need no account.
setup-start-told = The owners are told that you begin.
setup-start-until = The link works until
setup-begin = Begin

connections-new = New connection
new-what = It begins as a draft: nobody signs in through it until you activate it.
new-name-hint = Such as “Okta”. People see it when they may choose between several.
new-button = Make the draft
done-connection-made = The draft is made. Set it up step by step, or send a link to whoever looks after the identity provider.
draft-title = Set it up
draft-what = A draft: nobody signs in through it, and its directory is answered with 403.
draft-ready = It was tried, and a domain is verified. What activating means is shown first.
draft-not-ready = A verified domain and a test sign-in that passes are still to come.
draft-activate = Activate …
links-title = Let somebody else set it up
links-what = A link for whoever looks after the identity provider. They need no account, see no members and no secrets, and cannot activate it. It works for seven days.
links-for = For whom
links-for-hint = A name or an address, so that you know it again.
connection-remove = Remove the connection
connection-remove-title = Remove { $name }?
connection-remove-what = Nobody signs in through it any more, its SCIM tokens stop working, and sessions begun through it end. Members, teams and roles stay as they are, managed by hand.
connection-remove-enforced = Single sign-on is enforced by it. Afterwards people of its domains sign in with a password or a passkey; who has neither asks for a new password by mail.
connection-remove-name = Its name is never given to another connection.
done-connection-removed = The connection is removed.
state-first-try = Before single sign-on can be enforced, an owner must have signed in through this connection with its present settings, so that nobody is locked out. An owner whose address is of another domain makes an owner of somebody whose address is of this one.
connecting-domain-own = Domains of yours that are proven:
first-title = First steps
first-what = Nothing is set up here yet. Whoever looks after your identity provider can do most of it by a link that you send.
first-connect = Connect your identity provider
first-connect-what = People sign in with the accounts that they have, and their directory brings them here.
first-domain = Prove a domain
first-domain-what = It shows whose addresses are yours; a connection needs one.
first-invite = Or invite people by hand
first-invite-what = By address, one by one or as a list.
links-revoke-what = Whoever works by it is out at once. What they have set up stays.
links-revoke-tokens = These SCIM tokens were made by it and end as well: the identity provider that has one is refused until it is given a new one.
links-make = Make a link
links-opened = Last opened
links-never = never
link-title = A set-up link
link-what = Send it to: { $name }
link-hint = It is shown only now. Whoever has it can set this connection up for seven days; you are told by mail when they begin.
link-back = Back to the connection
done-link-revoked = The link works no more.
state-title = In use
state-enforced-what = Single sign-on is enforced: people of its domains sign in only this way.
state-optional-what = People may sign in through it, and with a password where they have one.
state-enforce = Enforce single sign-on …
state-optional = Enforce it no more …
state-switch-off = Switch off …
state-hint = What each would do is shown before it is done. Enforcing it takes an owner who has signed in through it since its identity provider last changed.
plan-enforced = Who can sign in no other way then
plan-enforced-accounts = { $count ->
    [one] One account has an address of its domains.
   *[other] { $count } accounts have an address of its domains.
}
plan-enforced-what = They sign in through this connection only: passwords and passkeys count no more, and sessions that began with one end. Access tokens go on working, and so do guests' passwords.
plan-enforced-password = These have a password or a passkey, which would count no more
plan-enforced-never = These have never signed in through it, and may not be able to
plan-enforced-glass = Have a break-glass code at hand for the day the identity provider is down: your account page makes one.
attention-ready = { $name } was tried and can be activated.
plan-activated = What will be in use
plan-activated-what = Look at it whole, whoever has set it up: from then on people come in by what is stated here.
plan-gives-owner = A row of the table makes owners: whoever looks after the identity provider decides then who owns the organization.
plan-long = { $text }… ({ $count } characters)
plan-untested = No test sign-in by these settings has passed yet.
plan-no-domain = It has no verified domain: nobody can sign in through it.
pilots-title = Try it with some people first
pilots-what = Only these, who must be members already, can sign in through it; its directory is still answered with 403.
pilots-who = Their addresses
pilots-hint = One a line.
pilots-button = Let them try it …
state-pilots = These try it, nobody else:

# Adoption and replays.
adopt-short = Members that the directory does not manage
adopt-short-what = Whoever was a member before the directory pushed them is synced, but deactivating them there does not end their membership. Adopting them lets it.
adopt-title = Members of { $name } that the directory does not manage
adopt-what = The directory has pushed these people, and they were members before, so that deactivating them there does not end their membership. Adopting them lets it.
adopt-none = There is nobody: whoever the directory names and who is a member is managed by it.
adopt-choose = Who
adopt-from = Member by
adopt-hindrance = What to know
adopt-plan-hint = What it changes is shown first. Owners, and people who are inactive in the directory, are adopted only when chosen; an owner only alone.
adopt-chosen = Plan to adopt those chosen
adopt-all = Plan to adopt everybody whom nothing hinders
adopt-look = Look at them
replay-title = Run requests again
replay-what = Recorded requests of the directory are run again under today's rules, except where the resource was written since. What would come of it is shown first.
replay-try = Show what would come of it
replay-choose = Choose which
replay-hint = Only requests that changed something, or were refused, are run again. They are taken in the order in which they came, fifty at a time.
replay-not-yet = Nothing is changed yet
replay-would = This would come of it.
replay-rest = There are more
replay-rest-what = Those that were shown are done, and are on the log:
replay-try-rest = Show what would come of the next ones
replay-pass-over = Pass over these, and show the next ones
done-replayed = They were run again. Each is on the log with what came of it.
replay-none = There is nothing to run again there: only requests that changed something, or were refused, are kept with what was sent.
replay-was = Then
replay-written = The resource was written since, so it is left out.
replay-alone = Tried by itself: what others of the range take is not counted.
replay-more = There are more: they are shown next.
replay-do = Run them
replay-do-what = They are run one after the other, each by itself, and are on the log as replays.
replay-button = Run them again
replay-although = Show what it would come to although the resource was written since
replay-from = From (UTC)
replay-to = To (UTC)
mark-skipped = Left out
mark-impossible = Cannot be run again

# Who is kept out, and connections of others.
blocks-link = Kept out
blocks-title = Kept out
blocks-what = Removed with a block: neither a directory nor signing in brings these people back.
blocks-none = Nobody is kept out. Whoever removes a member can choose to keep them out.
blocks-who = Who
blocks-removed = Removed
blocks-lift = Let back in
done-block-lifted = The block is lifted. They come back with their directory's next word, their next sign-in, or an invitation.
consent-link = Consent to another's
consent-title = Let another's connection cover this organization
consent-what = Its holder's owners can then let it bring people in here. They may until you take that back.
consent-id = The connection's id
consent-id-hint = Its owners read it in the address of its page.
consent-give = Consent
consent-given = What may cover it
consent-withdraw = Withdraw consent
consent-withdraw-title = Withdraw consent to { $name }
consent-withdraw-what = It covers this organization no more. Members, teams and roles stay, by hand; sessions begun through it and its access here end.
done-consent = It may cover this organization.
done-consent-withdrawn = It covers this organization no more.
guide-yours = your identity provider

# The drift check.
drift-title = Does { $name } still say what its directory said?
drift-what = Members, teams and roles are compared with what the directory last sent. Nothing should differ; after a restored backup or a long outage it may.
drift-check = Compare now
drift-none = Nothing differs.
drift-found = This differs; nothing is changed yet.
drift-repaired = This was repaired, but for what is refused.
drift-looked = { $count ->
    [one] One user was looked at.
   *[other] { $count } users were looked at.
}
drift-more = This is as much as one page has; the directory goes on.
drift-further = Compare further on
drift-is = As it is, and as it should be
drift-reasons = Reasons for memberships that are missing or too many:
drift-repair = Repair it
drift-repair-what = What the directory last said holds again, for all of these that differ by then. Each person is repaired by themselves.
drift-link = Compare with the directory

# Webhooks.
section-webhooks = Webhooks
webhooks-about = What happens here is sent to these web servers, signed, and in order for each person.
webhooks-empty = Nothing is sent anywhere yet. Add a web server below.
webhooks-new = Add a webhook
webhooks-make = Add webhook
webhook-name = Name
webhook-name-hint = What receives it, so that you know it again.
webhook-url = Address
webhook-url-hint = Where messages are posted. It must answer 2xx within 15 seconds.
webhook-events = Events
webhook-events-hint = Names or beginnings, such as member.suspended, team.*, with commas between them. Leave it empty for all.
webhook-all-events = All
webhook-waiting = To be sent
webhook-delivered = Delivered
webhook-dead = Given up
webhook-all = All
webhook-failing-since = Takes nothing since
webhook-gone = It was switched off because it answered that nobody is there any more (410). Mend what is there, then switch it on again.
webhook-failing-long = It was switched off because it took nothing for five days. Mend what is there, then switch it on again.
webhook-try = Try it
webhook-try-what = A message of the type webhook.test is sent now, also while it is off.
webhook-try-now = Send a test
webhook-try-good = The web server took it.
webhook-try-bad = The web server did not take it.
webhook-messages = Messages
webhook-messages-empty = There are no such messages of the last 30 days.
webhook-event = Event
webhook-about = About
webhook-about-other = See the activity log
webhook-sent = Last sent
webhook-attempts = Tries: { $name }
webhook-next = Sent next
webhook-again = Send again
webhook-again-of = Send { $name } again
webhook-no-position = That message cannot be found: load the page again.
webhook-again-dead = Send all that were given up again
webhook-settings = Settings
webhook-secret = Secret
webhook-secret-made = Made
webhook-secret-what = Messages are signed with it. With a new one, they are signed with both for a day, so that you can change it there meanwhile.
webhook-secret-shown = This is the secret that messages are signed with. Copy it now: it is not shown again.
webhook-secret-at-once = Stop signing with the former one now
webhook-secret-new = Make a new secret
webhook-off-or-gone = Off, or gone
webhook-off-what = While it is off, what happens is not kept for it. What was to be sent before waits until it is on again.
webhook-remove = Remove
webhook-remove-of = Remove { $name }
webhook-remove-what = Nothing is sent to { $name } any more, and what it was sent is forgotten. This cannot be undone.
webhook-remove-waiting = Messages that are still to be sent and would not be: { $name }
done-webhook-made = The webhook is added.
done-webhook-saved = The webhook is saved.
done-webhook-secret = The webhook has a new secret.
done-webhook-on = It is sent what happens from now on.
done-webhook-off = It is sent nothing any more.
done-webhook-again = It is sent again.
done-webhook-removed = The webhook is removed.
state-waiting = To be sent
state-delivered = Delivered
state-given-up = Given up
member-receipts = What products were sent
member-receipts-what = Messages of webhooks about this membership, with when they were taken.
