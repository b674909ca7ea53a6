### Everything that the console says. The format is Project Fluent's: https://projectfluent.org

## Around every page
shell-skip = Skip to the content
shell-switch = Switch
shell-sign-out = Sign out
shell-nav = Console
section-members = Members
pager-next = Next page
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
