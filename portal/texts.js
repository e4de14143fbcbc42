// @ts-check
// Every text of the portal. The words are those of Dropsuite's and ConnectWise's own screens.

/** "1 seat", "3 seats". @param {number} count @param {string} one @param {string} [many] */
const plural = (count, one, many = `${one}s`) => `${count.toLocaleString("en")} ${count === 1 ? one : many}`;

/**
 * The actions that a required action of an addition names.
 * @param {string} text
 * @returns {{ adopt: number | undefined, recreate: boolean }}
 */
export function actionsIn(text) {
  const adopt = /"adopt": (\d+)/.exec(text)?.[1];
  return { adopt: adopt === undefined ? undefined : Number(adopt), recreate: text.includes('"recreate": true') };
}

/** Replaces the requests of the API that a reason names by the buttons of the page. @param {string} text */
export const forPeople = (text) => text
  .replace(/try again at (?:POST )?\/?portal\/(?:additions|tickets)\/retry/g, `press ${T.billing.retry}`)
  .replace(/[Ss]end "recreate": true to (?:POST )?\/?portal\/additions\/retry/g, (found) => `${found.startsWith("S") ? "Press" : "press"} ${T.billing.recreate}`)
  .replace(/[Ss]end "adopt": (\d+) to (?:POST )?\/?portal\/additions\/retry/g, (found, addition) => `${found.startsWith("S") ? "Press" : "press"} ${T.billing.adopt(addition)}`);

const ROLES = { owner: "Owner", billing: "Billing", support: "Support", readOnly: "Read-only" };

/** @type {Record<string, string>} */
const PERIODS = { monthly: "month", month: "month", yearly: "year", annual: "year", annually: "year", year: "year", quarterly: "quarter", weekly: "week", daily: "day" };

export const T = {
  product: "Dropsuite Email Backup",
  vendor: "Dropsuite",
  connectWise: "ConnectWise",
  serviceManager: "the answer",
  provider: "the identity provider",
  none: "–",
  yes: "Yes",
  no: "No",
  actions: "Actions",
  cancel: "Cancel",
  back: "Back",
  close: "Close this message",
  loading: "Loading…",
  reload: "Reload the page",
  tryAgain: "Try again",
  /** @param {string} periodicity */
  period: (periodicity) => PERIODS[periodicity.toLowerCase()] ?? periodicity,
  /** The end of a trial, and what follows it. @param {{ over: boolean, atEnd?: string, refusal?: string }} trial @param {string} end */
  trialEnd: ({ over, atEnd, refusal }, end) => {
    const follows = {
      ask: over ? "Decide: convert it to paid, or unsubscribe the user." : "Then nothing changes until you convert it, or unsubscribe the user.",
      convert: over ? "It is to be converted to paid." : "Then it is converted to paid.",
      end: over ? "It is to be cancelled." : "Then it is cancelled.",
      shop: "What follows is decided in your distributor's shop.",
    };
    return `The trial ${over ? "ended" : "ends"} on ${end}. ${/** @type {Record<string, string>} */ (follows)[atEnd ?? "shop"] ?? ""}${refusal === undefined ? "" : ` It was refused, and is tried again each day: ${refusal}`}`;
  },
  /** @param {number} company */
  companyNumber: (company) => `Company ${company}`,
  /** @param {string} organization */
  organizationNumber: (organization) => `Organization ${organization}`,
  titles: { "": "Home", settings: "ConnectWise Settings", plans: "Plans", users: "Users", "new-user": "Create New User", manage: "User Details", billing: "Billing", audit: "Billing audit", tickets: "Tickets", rules: "Ticket rules", links: "Links", history: "History", people: "People", identity: "Identity provider" },
  nav: {
    label: "Pages",
    signOut: "Sign out",
    pages: [["", "Home"], ["users", "Users"], ["plans", "Plans"], ["billing", "Billing"], ["audit", "Audit"], ["tickets", "Tickets"], ["links", "Links"], ["settings", "Settings"]],
  },
  states: {
    synced: "In sync", held: "Not opened", pending: "Pending", failed: "Failed", linked: "Linked", unlinked: "Not linked", active: "Active", live: "Active",
    suspended: "Suspended", unsubscribed: "Unsubscribed", cancelled: "Unsubscribed", healthy: "Backed up", failing: "Failing", disabled: "Not backed up", unknown: "Unknown",
  },
  pager: {
    first: "First page",
    next: "Next page",
    noRows: "Nothing on this page",
    noRowsText: "The rows of this list are on its other pages.",
  },
  form: {
    optional: "(optional)",
    choose: "Choose…",
    /** @param {string} label */
    required: (label) => `${label} is required.`,
    email: "Enter an email address, such as it@customer.example.",
    number: "Enter a whole number in digits only, such as 1000.",
    decimal: "Enter a number, such as 2.50.",
    /** @param {number} min @param {number} max */
    between: (min, max) => `Enter a number from ${min.toLocaleString("en")} to ${max.toLocaleString("en")}.`,
    decimals: "Enter at most 4 decimal places.",
    /** @param {number} max */
    tooLong: (max) => `Enter at most ${max} characters.`,
    /** @param {number} length @param {number} max */
    counter: (length, max) => `${length} of ${max} characters`,
    correct: "Some fields need a correction. Everything that you entered is kept.",
    /** @param {string} whom @param {number} seconds */
    waiting: (whom, seconds) => `Still waiting for ${whom}, ${seconds} seconds…`,
  },
  errors: {
    noAnswer: "The portal did not answer. Check your connection, then try again.",
    noAnswerToChange: "The portal did not answer, so the outcome is not known. Check your connection, then press the button again: the outcome is looked up first, and nothing is done twice.",
    /** @param {number} status */
    unreadable: (status) => `The portal answered with status ${status}. Try again in a minute.`,
    /** @param {number} seconds */
    retryAfter: (seconds) => `Try again in ${seconds < 120 ? plural(seconds, "second") : plural(Math.ceil(seconds / 60), "minute")}.`,
    /** @param {number} code */
    code: (code) => ` (${code})`,
    unexpected: "The page met an unexpected error. Reload it, then try again.",
    outdated: "The portal was updated while this page was open. Reload the page to go on.",
  },
  session: {
    ended: "Your session has ended. Sign in again to go on: everything that you entered is kept.",
    endedTitle: "Sign in again",
    goesOn: "You are signed in again.",
    notSignedIn: "You are not signed in, so nothing was changed. Everything that you entered is kept: press the button again to sign in.",
    signedOut: "You are signed out.",
    endedPerson: "Your session has ended. Sign in again at your identity provider, then press the button again. What you entered in a page's form is kept.",
    someoneElse: "Someone else signed in, so the earlier page was closed. Nothing of it was sent.",
  },
  signIn: {
    title: "Sign in",
    text: "With the tokens of your Dropsuite portal, Settings > API Settings.",
    resellerToken: "Reseller Token",
    resellerTokenHint: "Identifies your company as a reseller.",
    accessToken: "Authentication Token",
    accessTokenHint: "Must belong to the reseller's own administrator.",
    apiUrl: "API URL",
    apiUrlHint: "Only if API Settings shows another one than your region's.",
    submit: "Sign in",
    busy: "Signing in…",
    withProvider: "Sign in with your identity provider",
    leaving: "Opening…",
    providerText: "With the account that you have at your company.",
    withTokens: "Sign in with the tokens of your Dropsuite portal",
    /** @param {string | null} error */
    notDone: (error) => `Your identity provider did not sign you in${error ? ` (${error})` : ""}. Try again.`,
    help: "No tokens yet? Ask Dropsuite at sales@dropsuite.com.",
  },
  roles: {
    names: ROLES,
    hints: {
      owner: "Everything, the people and the settings included.",
      billing: "Reads; changes plans, links and sales, and acts on the billing audit.",
      support: "Reads; changes tickets and their rules, and opens the dashboards of users.",
      readOnly: "Reads.",
    },
    /** @param {"owner" | "billing" | "support" | "readOnly"} role */
    needed: (role) => `Your role may not do this. It needs the role ${ROLES[role]}; an owner gives it at People.`,
  },
  home: {
    title: "What needs attention",
    text: "Each line leads to the row where it is put right.",
    nothing: "Nothing needs attention",
    nothingText: "Every addition and every ticket matches ConnectWise, and no backup is reported as failing.",
    vendors: "Dropsuite and ConnectWise",
    tokens: { title: "Dropsuite refuses your tokens. Sign out, then sign in with those of Settings > API Settings" },
    noDropsuite: { title: "Dropsuite does not answer", href: "#/users", action: "Show the users" },
    keys: { title: "ConnectWise refuses the credentials", href: "#/settings/credentials", action: "Change credentials" },
    noConnectWise: { title: "ConnectWise does not answer", href: "#/settings", action: "Show the settings" },
    additions: "Billing: additions that failed",
    tickets: "Tickets that failed",
    actions: "Failing backups by customer",
    /** @param {number} count */
    backups: (count) => `${plural(count, "mailbox action")} reported as failed`,
    open: "Open",
    /** @param {number} count */
    all: (count) => `Show all ${count}`,
    more: "There are more additions or tickets than were read here. Open Billing and Tickets for the rest.",
  },
  settings: {
    title: "ConnectWise Settings",
    steps: "Steps",
    stepNames: ["API credentials", "Ticket mappings"],
    first: "Please update your ConnectWise settings. This is done once; the other pages open when it is done.",
    changeText: "New keys are in force after both steps.",
    siteUrl: "Site URL",
    siteUrlHint: "The host at which you open ConnectWise, with or without the prefix api-: na.myconnectwise.net",
    companyIdentifier: "Company Identifier",
    companyIdentifierHint: "The company that you enter on ConnectWise's sign-in page.",
    publicKey: "Public Key",
    publicKeyHint: "System > Members > API Members > API Keys",
    privateKey: "Private Key",
    privateKeyHint: "ConnectWise shows it once, when the key is created.",
    timeZone: "Time Zone",
    timeZoneHint: "Of your business days, such as Europe/Berlin. Without it, the zone of the ConnectWise server.",
    next: "Next",
    testing: "Testing credentials…",
    rights: "The API member needs a role with the rights of the integration: Company Maintenance, Configurations, Agreements, Product Catalog, Service Tickets, Close Service Tickets, Table Setup and Custom Menu Entry.",
    /** @param {string} site @param {string} version @param {string} zone */
    tested: (site, version, zone) => `The credentials work: ${site}, ConnectWise ${version}, time zone ${zone}.`,
    board: "Service Board",
    boardHint: "Tickets are created on this board.",
    boardFirst: "Choose a service board first",
    newStatus: "New Service Ticket Status",
    newStatusHint: "Status of a new ticket. It must not close the ticket.",
    closedStatus: "Closed Service Ticket Status",
    closedStatusHint: "Status when the backup works again. It must close the ticket.",
    cancelledStatus: "Cancelled Service Ticket Status",
    cancelledStatusHint: "Status when the error was not fixed after the last retry.",
    ticketType: "Ticket Type",
    ticketTypeHint: "Only if the board requires one.",
    subtype: "Ticket Subtype",
    subtypeHint: "One that goes with the type.",
    item: "Ticket Item",
    itemHint: "One that goes with the type and the subtype.",
    typeFirst: "Choose a ticket type first",
    subtypeFirst: "Choose a ticket subtype first",
    source: "Ticket Source",
    impact: "Impact",
    urgency: "Urgency",
    levels: { low: "Low", medium: "Medium", high: "High" },
    contact: "Contact",
    contactHint: "Of a ticket's company.",
    companyDefault: "The company's main contact",
    noContact: "None",
    priority: "Priority",
    priorityHint: "Without a choice, ConnectWise's default.",
    connectWiseDefault: "ConnectWise's default",
    noneThere: "The board has none. Create one in ConnectWise first.",
    customFields: "Custom fields of a new ticket",
    submit: "Submit",
    saving: "Saving…",
    createFirst: "The lists come from your ConnectWise. If a value is missing, create it there, then choose the board again.",
    /** @param {number} entry */
    saved: (entry) => `The settings are in force. ConnectWise has the menu entry Dropsuite Email Backup under Service Desk (number ${entry}).`,
    connection: "Connection",
    tickets: "Tickets",
    inConnectWise: "In ConnectWise",
    menuEntry: "Menu entry",
    configurationType: "Configuration type",
    /** @param {number} id */
    menuEntryNumber: (id) => `Dropsuite Email Backup, under Service Desk (number ${id})`,
    /** @param {number} id */
    configurationTypeNumber: (id) => `dropsuite_mailbox_actions (number ${id})`,
    /** @param {number} id */
    gone: (id) => `Number ${id}, which ConnectWise no longer shows`,
    changeCredentials: "Change credentials",
    changeMappings: "Change mappings",
    people: "People and history",
    peopleText: "Who may use the portal, where they sign in, and what was changed.",
    notYet: "The ConnectWise settings are not made yet. An owner makes them; the other pages open then.",
  },
  usageKey: {
    title: "Usage for other programs",
    text: "With a key, another program reads the usage of your organizations. The key gives access to nothing else, and changes nothing.",
    key: "Key",
    noKey: "None",
    /** @param {string} time */
    madeAt: (time) => `Made on ${time}`,
    list: "Usage as JSON",
    csv: "Usage as CSV",
    make: "Make a key",
    makeAnother: "Make another key",
    making: "Making…",
    makeTitle: "Make another key?",
    /** @param {string} time */
    makeText: (time) => `The key made on ${time} ends at once. A program that has it is refused until it has the new one.`,
    noAnswer: "The portal did not answer, so it is not known if a key was made. If one was, the earlier key has ended. Check your connection, then make another key.",
    madeTitle: "Your new key",
    once: "Copy the key now. It is shown this one time only.",
    copy: "Copy",
    copied: "Copied.",
    notCopied: "The browser did not copy it. The key is selected: press Ctrl+C, or ⌘C on a Mac.",
    example: "For example, with the key in place of KEY:",
    /** @param {string} address */
    curl: (address) => `curl -H 'Authorization: Bearer KEY' '${address}'`,
    close: "Close",
    revoke: "Revoke",
    revoking: "Revoking…",
    revokeTitle: "Revoke the key?",
    /** @param {string} time */
    revokeText: (time) => `The key made on ${time} ends at once. A program that has it is refused.`,
    revoked: "The key is revoked.",
  },
  plans: {
    title: "Plans",
    text: "The Dropsuite products that you sell. Each is one item of ConnectWise's product catalog.",
    createNew: "Create New Plan",
    createTitle: "Create New Plan",
    emptyTitle: "No plans yet",
    emptyText: "Create a plan for each Dropsuite product that you sell. Customers are sold these plans.",
    name: "Name",
    nameHint: "At most 16 characters, spaces included.",
    productType: "Product type",
    productTypeHint: "The products that Dropsuite offers you, with what they cost you.",
    price: "Price",
    priceHint: "What the end customer pays for a unit.",
    /** @param {string} price @param {string} unit */
    cost: (price, unit) => `What the end customer pays for ${unit}. Dropsuite charges you ${price}.`,
    perSeat: "a seat",
    perMonth: "the storage",
    currency: "Currency",
    periodicity: "Periodicity",
    fromDropsuite: "From Dropsuite's product.",
    category: "Category",
    categoryFirst: "Choose a category first",
    subcategory: "Sub category",
    type: "Type",
    setAsTrial: "Set as trial",
    trialHint: "New subscriptions to the plan are trials, which are not charged.",
    trial: "Trial",
    trialEnd: "When a trial ends",
    trialEndHint: "For trials of the plan that you sell here. You can convert or cancel a trial at any time.",
    trialEnds: [
      { value: "ask", label: "Ask: nothing changes until you decide" },
      { value: "convert", label: "Convert: it becomes paid, and is charged" },
      { value: "end", label: "End: it is cancelled" },
    ],
    /** @param {string} choice */
    trialEndOf: (choice) => ({ ask: "ask", convert: "convert to paid", end: "cancel" })[choice] ?? choice,
    create: "Create plan",
    creating: "Creating…",
    /** @param {string} name @param {string} item */
    created: (name, item) => `The plan ${name} is on sale. Its catalog item in ConnectWise is ${item}.`,
    catalogItem: "Catalog item",
    state: "Status",
    onSale: "On sale",
    offSale: "Off sale",
    change: "Change",
    /** @param {string} name */
    changeTitle: (name) => `Change ${name}`,
    priceKept: "Existing additions keep their prices.",
    save: "Save",
    saving: "Saving…",
    /** @param {string} name */
    changed: (name) => `The plan ${name} is changed, here and in ConnectWise's catalog.`,
    /** @param {string} item */
    item: (item) => `Catalog item in ConnectWise: ${item}`,
    takeOff: "Take off sale",
    takingOff: "Taking off sale…",
    /** @param {string} name */
    takeOffTitle: (name) => `Take ${name} off sale?`,
    takeOffText: "It is no longer offered to new customers, and its catalog item becomes inactive. Subscriptions to it continue.",
    /** @param {string} name */
    takenOff: (name) => `The plan ${name} is off sale.`,
    offerAgain: "Offer again",
    unknown: "There is no such plan",
    unknownText: "It may have been taken off in another tab.",
    noVendorPlans: "Dropsuite shows no products",
    noVendorPlansText: "Create a plan in Dropsuite's portal first. Its API cannot create one.",
    /** @param {string} type */
    types: (type) => ({ backup: "Backup", archive: "Archive", personal: "Personal" })[type] ?? type,
    /** @param {string} name @param {string} type @param {string} price */
    product: (name, type, price) => [name, type, price].filter(Boolean).join(" – "),
  },
  users: {
    title: "Users",
    text: "Your customers at Dropsuite, whether they were sold here, in the distributor's shop or at Dropsuite.",
    createNew: "Create New User",
    search: "Search account by email or organization",
    searchButton: "Search",
    searching: "Searching…",
    all: "Show all",
    emptyTitle: "No users yet",
    emptyText: "Create the first user for one of your ConnectWise companies.",
    noMatch: "No user matches",
    /** @param {string} search */
    noMatchText: (search) => `No email address or organization contains “${search}” among those that were read.`,
    email: "Organization and email",
    subscription: "Subscription",
    company: "Company",
    notLinked: "Not linked",
    lastSignedIn: "Last signed in",
    createdAt: "Created at",
    status: "Status",
    /** @param {string} time */
    deactivated: (time) => `Deactivated since ${time}`,
    manage: "Manage",
    impersonate: "Impersonate",
    impersonating: "Opening…",
    blockedTitle: "The browser blocked the new tab",
    /** @param {string} name */
    blockedText: (name) => `Open the dashboard of ${name} in this tab. Or cancel, allow pop-ups for this address in the browser, then press Impersonate again.`,
    openHere: "Open in this tab",
    /** @param {string} column */
    sortBy: (column) => `Sort by ${column}`,
    /** @param {number} used @param {number | undefined} seats */
    used: (used, seats) => (seats === undefined ? `${plural(used, "seat")} used` : `${used} of ${seats} seats used`),
    /** @param {number} count @param {boolean} more */
    count: (count, more) => `${plural(count, "user")}${more ? "; there are more." : "."}`,
    /** @param {number} count */
    otherResellers: (count) => `${plural(count, "organization")} of other resellers left out.`,
    /** @param {number} count */
    unreadable: (count) => `${plural(count, "row")} could not be read.`,
  },
  newUser: {
    title: "Create New User",
    email: "Email",
    emailHint: "Address of the company's administrator. It must be new at Dropsuite.",
    firstName: "First name",
    lastName: "Last name",
    company: "Company",
    plan: "Plan",
    country: "Country",
    seats: "Seats",
    businessName: "Business name",
    businessNameHint: "Without it, the company's name in ConnectWise.",
    agreement: "Agreement",
    send: "Send sign in details to allow user to login using email and password",
    sendHint: "Dropsuite mails them to the address above. Without it, only you open the backups, by Impersonate.",
    save: "Save",
    saving: "Creating…",
    created: "The user is created. The addition in ConnectWise follows in a moment.",
    noPlans: "No plans on sale",
    noPlansText: "Create a plan first. A customer is sold one of your plans.",
    costLater: "Choose a plan and the seats to see what they cost.",
    costTrial: "A trial: it is not charged.",
    /** @param {number} units @param {string} each @param {string} total */
    cost: (units, each, total) => `${units} × ${each} = ${total}, from the 1st of next month.`,
    /** @param {string} day */
    nextInvoice: (day) => `The agreement's next invoice is of ${day}.`,
  },
  manage: {
    tabs: "User details",
    tabNames: [["general", "General"], ["logins", "Login Accounts"], ["subscription", "Subscription"]],
    /** @param {string} email @param {string} id */
    subtitle: (email, id) => `${email} · ${id}`,
    details: "General",
    email: "Email",
    status: "Status",
    country: "Country",
    notifications: "Notifications to",
    company: "Company",
    soldBy: "Sold by",
    /** @param {string | undefined} channel */
    channels: (channel) => (channel === "portal" ? "This portal" : channel === "shop" ? "The distributor's shop" : "Dropsuite"),
    createdAt: "Created at",
    lastSignedIn: "Last signed in",
    tenants: "Connected tenants",
    noTenants: "No tenant is connected. Impersonate the user to connect one.",
    /** @param {string} type @param {string} state @param {number | undefined} users */
    tenant: (type, state, users) => `${({ m365: "Microsoft 365", gws: "Google Workspace" })[type] ?? type}, ${({ queued: "queued", processing: "being read", completed: "connected", broken: "its application must be created again" })[state] ?? "state unknown"}${users === undefined ? "" : `, ${plural(users, "user")}`}`,
    /** @param {string} reason */
    incomplete: (reason) => `The list is not complete. ${reason}`.trim(),
    loginsTitle: "Login accounts",
    ownerEnabled: "The owner can sign in with email and password.",
    ownerDisabled: "The owner cannot sign in.",
    noLogins: "No other login accounts",
    noLoginsText: "Impersonate the user to add one.",
    role: "Role",
    loginEnabled: "Login enabled",
    activated: "Activated",
    invite: "Send sign in details again",
    inviting: "Sending…",
    /** @param {string} name */
    inviteTitle: (name) => `Send the sign in details of ${name} again?`,
    /** @param {string} email */
    inviteText: (email) => `Dropsuite mails them to ${email}. Each time sends another mail.`,
    inviteUnknown: "The portal did not answer, so the mail may or may not have been sent. Ask the owner for it first: each repetition may send another one.",
    /** @param {string} email */
    invited: (email) => `Dropsuite mails the sign in details to ${email}.`,
    current: "Subscription",
    plan: "Plan",
    seats: "Seats",
    byStorage: "Not applicable: the plan is by storage",
    /** @param {number} used @param {number} seats @param {boolean} auto */
    seatsUsed: (used, seats, auto) => `${used} of ${seats} used${auto ? "; Dropsuite adjusts the seats to the use" : ""}`,
    price: "Price",
    billing: "Billing",
    notBilled: "Not billed by an agreement. Link the organization under Links.",
    /** @param {number} addition @param {number} agreement */
    addition: (addition, agreement) => `Addition ${addition} of agreement ${agreement}`,
    /** @param {number | undefined} agreement */
    noAddition: (agreement) => (agreement === undefined ? "No addition" : `No addition yet in agreement ${agreement}`),
    mailboxes: "Mailboxes",
    noMailboxes: "No mailbox is backed up yet. Impersonate the user to set up the backup.",
    mailbox: "Mailbox",
    backup: "Backup",
    lastBackup: "Last backup",
    /** @param {string | undefined} channel */
    elsewhere: (channel) => (channel === "shop" ? "Sold in the distributor's shop: change it there. The addition in ConnectWise follows." : "Sold at Dropsuite: change it there, or have the distributor add it to the shop."),
    update: "Update Subscription",
    change: "Change Subscription Plan",
    changing: "Changing…",
    /** @param {string} company */
    changed: (company) => `The subscription of ${company} is changed. The addition in ConnectWise follows in a moment.`,
    /** @param {string} total */
    unchanged: (total) => `As it is: ${total}.`,
    /** @param {number} units @param {string} each @param {string} total @param {string} next */
    cost: (units, each, total, next) => `${units} × ${each} = ${total}. Dropsuite changes at once; the addition in ConnectWise gets the new quantity and price in a moment${next ? `, for the invoice of ${next}` : ""}.`,
    /** @param {string} name @param {string} email */
    organization: (name, email) => `Organization: ${name} (${email})`,
    suspend: {
      title: "Suspend User",
      warning: "Warning: Suspended users will not be able to login to their dashboards but backup will still continue. Billing continues too.",
      button: "Suspend",
      /** @param {string} company */
      question: (company) => `Suspend ${company}?`,
      /** @param {string} company */
      confirm: (company) => `Suspend ${company}`,
      busy: "Suspending…",
      /** @param {string} company */
      done: (company) => `${company} is suspended.`,
    },
    trial: "A trial, which is not charged",
    convert: {
      title: "Convert to paid",
      warning: "The trial becomes a paid subscription. It cannot become a trial again.",
      button: "Convert to paid",
      /** @param {string} company */
      question: (company) => `Convert the trial of ${company} to paid?`,
      /** @param {string} company */
      confirm: (company) => `Convert ${company}`,
      busy: "Converting…",
      /** @param {string} company */
      done: (company) => `The subscription of ${company} is paid. The addition in ConnectWise follows in a moment.`,
    },
    activate: {
      title: "Activate User",
      warning: "The user can login again. Backup and billing went on.",
      button: "Activate",
      /** @param {string} company */
      question: (company) => `Activate ${company}?`,
      /** @param {string} company */
      confirm: (company) => `Activate ${company}`,
      busy: "Activating…",
      /** @param {string} company */
      done: (company) => `${company} is active again.`,
    },
    unsubscribe: {
      title: "Unsubscribe User",
      warning: "Warning: Unsubscribed users will not be able to login to their dashboards. Backup and billing end. Dropsuite deletes the data after 45 days; until then the user can be activated again.",
      button: "Unsubscribe",
      /** @param {string} company */
      question: (company) => `Unsubscribe ${company}?`,
      /** @param {string} company */
      confirm: (company) => `Unsubscribe ${company}`,
      busy: "Unsubscribing…",
      /** @param {string} company */
      done: (company) => `${company} is unsubscribed. The addition in ConnectWise is cancelled in a moment.`,
    },
    resume: {
      title: "Activate User",
      warning: "Within 45 days of the end, backup and billing begin again with the data that Dropsuite kept.",
      button: "Activate",
      /** @param {string} company */
      question: (company) => `Activate ${company} again?`,
      /** @param {string} company */
      confirm: (company) => `Activate ${company}`,
      busy: "Activating…",
      /** @param {string} company */
      done: (company) => `${company} is active again.`,
    },
  },
  billing: {
    title: "Billing",
    text: "The additions of your agreements in ConnectWise. On each page, rows that need you come first.",
    company: "Company",
    /** @param {number} id */
    agreement: (id) => `Agreement ${id}`,
    plan: "Plan",
    /** @param {string} id */
    subscription: (id) => `Subscription ${id}`,
    /** @param {string} id */
    account: (id) => `Account ${id}`,
    quantity: "Quantity",
    /** @param {number} quantity @param {string} price */
    units: (quantity, price) => `${quantity} × ${price}`,
    addition: "Addition",
    state: "Status",
    trial: "Trial",
    requiredAction: "To do",
    /** @param {string} day */
    from: (day) => `from ${day}`,
    /** @param {string} day */
    until: (day) => `until ${day}`,
    neverBilled: "ended, never billed",
    retry: "Retry",
    retrying: "Retrying…",
    retryAll: "Retry all",
    recreate: "Create again",
    recreateTitle: "Create the addition again?",
    /** @param {string} company */
    recreateText: (company) => `${company} gets a new addition, which is billed as if it were sold today, by the link's billing dates. The old one stays as it is.`,
    /** @param {number | string} addition */
    adopt: (addition) => `Use addition ${addition}`,
    /** @param {number} addition */
    adoptTitle: (addition) => `Use addition ${addition}?`,
    /** @param {number} addition @param {string} company */
    adoptText: (addition, company) => `Addition ${addition} becomes the addition of ${company}'s subscription. Its quantity becomes that of the subscription. Its price stays, unless the link has a price.`,
    /** @param {number} synced @param {number} pending @param {number} failed */
    outcome: (synced, pending, failed) => [synced && `${synced} in sync`, pending && `${pending} pending`, failed && `${failed} failed`].filter(Boolean).join(", ") || "Nothing was open.",
    emptyTitle: "Nothing is billed yet",
    emptyText: "A sale, or a link of an account of the shop, makes an addition in ConnectWise. It is shown here.",
  },
  audit: {
    title: "Billing audit",
    text: "Compares the organizations at Dropsuite with what the agreements in ConnectWise invoice, and lists what differs.",
    run: "Run audit now",
    starting: "Starting…",
    running: "Auditing…",
    states: { none: "Not run yet", queued: "Queued", running: "Running", complete: "Complete", failed: "Failed" },
    /** @param {string} at */
    startedAt: (at) => `Started at ${at}.`,
    /** @param {string} at */
    finishedAt: (at) => `Finished at ${at}.`,
    /** @param {string} label */
    never: (label) => `Press ${label} to find out what is not invoiced, or invoiced too much.`,
    notWatched: "This page no longer follows the audit. Press Audit in the menu to read its state again.",
    /** @param {number | undefined} findings */
    complete: (findings) => (findings === undefined ? "The audit is complete." : `The audit is complete: ${plural(findings, "finding")}.`),
    /** @param {string} reason */
    failed: (reason) => `The audit failed. ${reason}`.trim(),
    sums: "Differences per month",
    /** @param {string} at */
    asOf: (at) => `As of the audit of ${at}.`,
    noSums: "No finding has an amount.",
    notInvoiced: "Not invoiced",
    invoicedTooMuch: "Invoiced too much",
    /** @type {Record<string, string>} */
    directions: { notInvoiced: "Not invoiced", invoicedTooMuch: "Invoiced too much", vendor: "Charged by Dropsuite" },
    runs: "Findings per audit",
    /** @param {number} runs @param {number} first @param {number} last */
    chart: (runs, first, last) => (runs === 1 ? `Bar chart: ${plural(last, "finding")} in one audit. The list of audits has the figure.`
      : `Bar chart: findings of the last ${runs} audits, from ${first} in the oldest to ${last} in the newest. The list of audits has each figure.`),
    /** @param {number} count */
    findings: (count) => plural(count, "finding"),
    /** @param {number} organizations @param {number} additions */
    compared: (organizations, additions) => `${plural(organizations, "organization")}, ${plural(additions, "addition")}`,
    list: "Findings",
    listOfRuns: "Audits, newest first",
    csv: "Download as CSV",
    kind: "Kind",
    allKinds: "All kinds",
    /** @type {Record<string, string>} */
    kinds: {
      notBilled: "Not billed", tooFew: "Too few billed", tooMany: "Too many billed", afterEnd: "Billed after the end", billedTwice: "Billed twice",
      wrongProduct: "Wrong product", wrongCompany: "Wrong company", priceDiffers: "Price differs", organizationWithoutLink: "Organization without a link",
      additionWithoutOrganization: "Addition without an organization", notCompared: "Not compared", fairUse: "Fair use",
    },
    company: "Company",
    allCompanies: "All companies",
    showDismissed: "Show dismissed findings",
    show: "Show",
    finding: "Finding",
    toDo: "To do",
    organization: "Organization",
    billedAndDue: "Billed / due",
    perMonth: "Per month",
    since: "Since",
    dismissed: "Dismissed",
    /** @param {string} at @param {string} note */
    dismissedAt: (at, note) => `${at}: ${note}`,
    selection: "Selected findings",
    /** @param {number} most */
    selectAll: (most) => `Select all (at most ${most})`,
    /** @param {number} count */
    selected: (count) => `${count} selected`,
    /** @param {number} most */
    atMost: (most) => `Select at most ${most} findings. Apply or dismiss these first.`,
    selectFirst: "Select a finding first.",
    applySelected: "Apply selected",
    dismissSelected: "Dismiss selected",
    restoreSelected: "Restore selected",
    noneToApply: "None of the selected findings can be applied here. Each row says what to do.",
    fixes: { link: "Link", retry: "Retry", recreate: "Create again", adopt: "Use addition", changeSeats: "Change seats" },
    /** @param {string} fix @param {string} whose */
    applyTitle: (fix, whose) => `${fix}: ${whose}?`,
    /** @param {number} count */
    applyAllTitle: (count) => `Apply the fixes of ${plural(count, "finding")}?`,
    /** @param {number} count */
    leftOut: (count) => `${plural(count, "selected finding")} cannot be applied here and will be left out.`,
    apply: "Apply",
    applying: "Applying…",
    /** @type {Record<string, string>} */
    outcomes: { done: "Done", waiting: "Waiting", failed: "Failed" },
    /** @param {number} done @param {number} waiting @param {number} failed */
    outcome: (done, waiting, failed) => [done && `${done} done`, waiting && `${waiting} waiting`, failed && `${failed} failed`].filter(Boolean).join(", ") || "Nothing was applied.",
    dismiss: "Dismiss",
    dismissing: "Dismissing…",
    /** @param {string} whose */
    dismissTitle: (whose) => `Dismiss ${whose}?`,
    /** @param {number} count */
    dismissAllTitle: (count) => `Dismiss ${plural(count, "finding")}?`,
    dismissText: "A dismissed finding is no longer listed. Nothing is changed at Dropsuite or in ConnectWise.",
    note: "Note",
    noteHint: "The reason. It is shown with the finding and in the history.",
    /** @param {number} count */
    dismissedNow: (count) => `${plural(count, "finding is", "findings are")} dismissed.`,
    restore: "Restore",
    restoring: "Restoring…",
    /** @param {number} count */
    restored: (count) => `${plural(count, "finding is", "findings are")} listed again.`,
    noRuns: "No audit yet",
    noRunsText: "The findings of the first audit are listed here.",
    noFindings: "No findings",
    noFindingsText: "Dropsuite and ConnectWise agree, or what differs is dismissed.",
    noDismissed: "No dismissed findings",
    noMatch: "No finding matches",
    noMatchText: "No finding has this kind and this company.",
    all: "Show all findings",
    settings: "Settings",
    fixing: "Fixes",
    fixingChoices: { ask: "Ask first", automatically: "Apply automatically" },
    fixingText: "“Ask first” changes nothing until you press a button at a finding. “Apply automatically” tries the fixes “Retry” and “Create again” once for each finding, in every audit.",
    ticket: "ConnectWise ticket",
    ticketHint: "Number of the ticket that gets the monthly note. Leave it empty for no note.",
    noTicket: "None, so no monthly note is written",
    changeSettings: "Change settings",
    save: "Save",
    saving: "Saving…",
    saved: "The settings are saved.",
    history: "History",
    historyTitle: "History of the billing audit",
    wholeHistory: "Show the whole history",
    noHistory: "Nothing yet",
    noHistoryText: "Audits, applied fixes, dismissed findings and changed settings are listed here.",
    at: "Time",
    action: "Action",
    /** @type {Record<string, string>} */
    actions: { "audit/apply": "Fix applied", "audit/dismiss": "Dismissed", "audit/restore": "Restored", "audit/seats": "Seats changed", "audit/settings": "Settings changed", "audit/run": "Audit run" },
    /** @type {Record<string, string>} */
    by: { portal: "In the portal", audit: "By the audit" },
    change: "Change",
    /** @param {string | undefined} from @param {string | undefined} to */
    fromTo: (from, to) => (from === undefined ? to : `${from} → ${to ?? "–"}`),
    reason: "Reason",
  },
  rules: {
    title: "Ticket rules",
    text: "What opens no ticket, and what differs from the settings.",
    companies: "Fields per company",
    companiesText: "New tickets of these companies have other fields than those of the settings.",
    noCompanies: "No company has fields of its own",
    noCompaniesText: "New tickets of all companies have the fields of the settings.",
    company: "Company",
    fields: "Fields",
    add: "Add a company",
    change: "Change",
    dialogTitle: "Fields of a company's new tickets",
    asSettings: "As in the settings",
    typeHint: "With a type, subtype and item of the settings do not apply.",
    /** @param {number} id */
    contactNumber: (id) => `number ${id}`,
    save: "Save",
    saving: "Saving…",
    saved: "The fields are saved. Tickets that failed are tried again within five minutes.",
    remove: "Remove",
    removing: "Removing…",
    /** @param {string} company */
    removeTitle: (company) => `Remove the fields of ${company}?`,
    removeText: "New tickets of the company have the fields of the settings again.",
    /** @param {string} company */
    removed: (company) => `New tickets of ${company} have the fields of the settings again.`,
  },
  ruleTimes: {
    title: "Quiet hours and digest",
    /** @param {string} zone */
    text: (zone) => `Between these times (${zone}) only authentication errors open tickets. What still fails at the end opens one then. The digest is one ticket about what needs attention, between 7:00 and 8:00.`,
    every: "Digest",
    noDigest: "None",
    periods: { daily: "Each day", weekly: "Each Monday", monthly: "On the first day of each month" },
    company: "Company of its ticket",
    companyHint: "Such as your own.",
    /** @param {string} day @param {number} count @param {number} [ticket] */
    last: (day, count, ticket) => `Last digest: ${day}, ${count} to look at${ticket ? `, ticket ${ticket}` : ""}.`,
    start: "From",
    end: "To",
    example: "Such as 22:00. Leave both empty for no quiet hours.",
    save: "Save",
    saving: "Saving…",
    saved: "The rules are saved.",
    quietHours: "Quiet hours",
  },
  snoozes: {
    title: "Snoozes",
    text: "These failures open no ticket. When a snooze ends and a failure still lasts, its ticket is opened.",
    emptyTitle: "Nothing is snoozed",
    emptyText: "Every failed backup opens a ticket.",
    subject: "Failures of",
    company: "Company",
    mailbox: "Mailbox",
    error: "Kind of error",
    kinds: { authentication: "Authentication", storage: "No space left", connection: "Connection", overdue: "No backup for days", incomplete: "Incomplete backup", other: "Other" },
    until: "Until",
    noEnd: "For good",
    ended: "Ended",
    reason: "Reason",
    by: "By",
    add: "Snooze failures",
    change: "Change",
    dialogTitle: "Snooze failures",
    /** @param {string} name */
    changeTitle: (name) => `Change the snooze of ${name}`,
    what: "What",
    days: "Days",
    daysHint: "Without a number, the failures are left out for good.",
    save: "Save",
    saving: "Saving…",
    saved: "Saved. These failures open no ticket.",
    remove: "End",
    removing: "Ending…",
    /** @param {string} name */
    removeTitle: (name) => `End the snooze of ${name}?`,
    removeText: "What still fails opens its ticket within five minutes.",
    removed: "The snooze has ended. What still fails opens its ticket within five minutes.",
  },
  tickets: {
    title: "Tickets",
    text: "Service tickets in ConnectWise for backups that failed. A ticket closes when the backup works again.",
    mailbox: "Mailbox",
    group: "Group ticket",
    company: "Company",
    ticket: "Ticket",
    configuration: "Configuration",
    backup: "Backup",
    failing: "Failing",
    works: "Not failing",
    state: "In ConnectWise",
    updated: "Updated",
    retry: "Retry",
    retrying: "Retrying…",
    retryAll: "Retry all",
    emptyTitle: "No tickets",
    emptyText: "No backup of your customers was reported as failed.",
    emptyOrganization: "The organization has no ticket.",
    all: "All tickets",
    notWhole: "There are more tickets than were read here, so some of this organization may be missing.",
  },
  linkMany: {
    title: "Link many organizations",
    text: "Organizations that Dropsuite bills and that are not linked, with the companies that they may belong to. An exact match is chosen for you. A row is selected once its company and agreement are chosen.",
    emptyTitle: "Everything is linked",
    emptyText: "Each organization that Dropsuite bills has a link.",
    select: "Link",
    organization: "Organization",
    company: "Company",
    agreement: "Agreement",
    choose: "Choose…",
    noAgreement: "No active agreement",
    noCompany: "No company matches",
    /** @param {string} name */
    selectOf: (name) => `Link ${name}`,
    /** @param {string} name */
    companyOf: (name) => `Company of ${name}`,
    /** @param {string} name */
    agreementOf: (name) => `Agreement of ${name}`,
    because: { identifier: "same identifier", domain: "same domain", name: "same name" },
    prospect: "prospect",
    recycled: "in the recycle bin",
    oneByOne: "Link it by hand",
    submit: "Link the selected ones",
    submitting: "Linking…",
    none: "Select at least one organization, with its company and agreement.",
    incomplete: "Choose a company and an agreement.",
    linked: "Linked",
    refused: "Not linked",
    left: "Not yet linked",
    /** @param {number} linked @param {number} refused @param {number} left */
    outcome: (linked, refused, left) => `${linked} linked${refused ? `, ${refused} not linked: the reasons are at the rows` : ""}${left ? `, ${left} left: link them again` : ""}.`,
    /** @param {number} others @param {number} unreadable */
    leftOut: (others, unreadable) => `Not shown: ${[others && `${others} of other resellers`, unreadable && `${unreadable} that cannot be read`].filter(Boolean).join(", ")}.`,
    moreAgreements: "The others: link it by hand",
    readOn: "Show more organizations",
    reading: "Reading…",
  },
  links: {
    title: "Links",
    text: "A link bills a customer of the distributor's shop by an agreement of yours. A sale in this portal has its link already.",
    createNew: "Link an organization",
    createMany: "Link many",
    createTitle: "Link an organization",
    emptyTitle: "No links yet",
    emptyText: "Link an organization that was sold in the distributor's shop, to bill it by an agreement.",
    organization: "Organization",
    organizationHint: "Dropsuite's id, such as 440032-6.",
    /** @param {string} id */
    account: (id) => `Account ${id}`,
    company: "Company",
    companyFirst: "Choose a company first",
    agreement: "Agreement",
    noAgreement: "The company has no active agreement. Create one in ConnectWise first.",
    unitPrice: "Price of a unit",
    unitPriceHint: "Without it, the price of your plan.",
    catalogPrice: "as the plan",
    application: "Application id",
    applicationHint: "Only for an organization that was not created through the shop: the shop's application id.",
    accountId: "Account id",
    accountHint: "Only for an organization that was not created through the shop: the account's id there.",
    linkedAt: "Linked at",
    billedSeats: "Billed seats",
    billedSeatsHint: "As sold: the seats of the subscription. As used: the seats in use at Dropsuite.",
    billedSeatsChoices: { sold: "As sold", used: "As used" },
    minimumSeats: "Minimum seats",
    minimumSeatsHint: "Billed even if fewer are in use.",
    maximumSeats: "Maximum seats",
    maximumSeatsHint: "The most that is billed, however many are in use.",
    /** @param {string | undefined} seats @param {number | undefined} min @param {number | undefined} max */
    billed: (seats, min, max) => (seats !== "used" ? "As sold"
      : ["As used", min !== undefined && `at least ${min}`, max !== undefined && `at most ${max}`].filter(Boolean).join(", ")),
    billingDates: "Billing dates",
    startsOn: "Billing starts",
    startsOnHint: "Of what is sold or linked from now on.",
    startsOnChoices: { nextMonth: "First of the next month", today: "Day of the sale or the link", day: "On a day" },
    startsOnDay: "Billing starts on",
    startsOnDayHint: "What is sold after that day starts on the first of the next month.",
    lastBilledMonth: "Last billed month",
    lastBilledMonthHint: "Of a customer who leaves. Dropsuite invoices the customer once more on the 1st.",
    lastBilledMonthChoices: { this: "The month of leaving", next: "The month after" },
    creditsUnused: "Credit unused days",
    creditsUnusedHint: "Only in an agreement that prorates: the days after leaving.",
    /** @param {string} startsOn @param {string} lastBilledMonth @param {boolean} creditsUnused @param {(day: string) => string} day */
    dates: (startsOn, lastBilledMonth, creditsUnused, day) => [
      startsOn === "nextMonth" ? "From the next month" : startsOn === "today" ? "From the day of the sale" : `From ${day(startsOn)}`,
      [lastBilledMonth === "next" && "one month more after leaving", creditsUnused && "unused days credited"].filter(Boolean).join(", "),
    ],
    create: "Link",
    creating: "Linking…",
    created: "The organization is linked. The addition in ConnectWise follows in a moment.",
    change: "Change",
    remove: "End link",
    removing: "Ending…",
    /** @param {string} company */
    removeTitle: (company) => `End the link with ${company}?`,
    /** @param {string} organization */
    removeText: (organization) => `Organization ${organization} is no longer billed by the agreement. The additions in ConnectWise stay as they are.`,
    /** @param {string} company */
    removed: (company) => `The link with ${company} is ended.`,
  },
  people: {
    title: "People",
    text: "Who may sign in at your identity provider, and what each may do. A change applies at once.",
    signInAt: "They sign in at this address, which has no secret:",
    noProvider: "These people can sign in once an identity provider is connected:",
    emptyTitle: "No people yet",
    emptyText: "Add the people who work with the portal, so that they need no tokens.",
    address: "Email address",
    addressHint: "The one by which your identity provider knows the person.",
    role: "Role",
    since: "Changed",
    add: "Add a person",
    addTitle: "Add a person",
    change: "Change",
    /** @param {string} address */
    changeTitle: (address) => `Change the role of ${address}`,
    rolesText: "Owner: everything. Billing: plans, links, sales and the billing audit. Support: tickets, their rules, and the dashboards of users. Read-only: changes nothing.",
    save: "Save",
    saving: "Saving…",
    saved: "Saved. It applies to the person's next step.",
    remove: "Remove",
    removing: "Removing…",
    /** @param {string} address */
    removeTitle: (address) => `Remove ${address}?`,
    removeText: "The person is signed out, and cannot sign in again.",
    /** @param {string} address */
    removed: (address) => `${address} is removed.`,
  },
  identity: {
    title: "Identity provider",
    text: "At your own provider (OpenID Connect) your people sign in as themselves. The two tokens stay the way in for an owner if it fails.",
    now: "Connection",
    none: "None",
    issuer: "Issuer",
    issuerHint: "Exactly as your provider writes it, such as https://msp.okta.com",
    clientId: "Client id",
    clientIdHint: "Of the application that you made for this portal at your provider.",
    clientSecret: "Client secret",
    clientSecretHint: "It is stored encrypted and never shown.",
    redirectUrl: "Redirect URI, for your provider",
    signInUrl: "Address for your people",
    since: "Changed",
    connect: "Connect a provider",
    connectText: "Register the redirect URI above at your provider first. The provider must send auth_time and a verified email address.",
    change: "Change the provider",
    changeText: "People who signed in at the provider are signed out.",
    connecting: "Asking the provider…",
    saved: "The identity provider is connected. Add your people next.",
    remove: "Disconnect",
    removing: "Disconnecting…",
    removeTitle: "Disconnect the identity provider?",
    removeText: "People who signed in at it are signed out, and cannot sign in. The list of people stays.",
    removed: "The identity provider is disconnected.",
  },
  history: {
    title: "History",
    text: "Who changed what, in this portal and in the distributor's shop. An entry is kept for 400 days.",
    csv: "Download as CSV",
    area: "Area",
    allAreas: "All areas",
    /** @type {Record<string, string>} */
    areas: {
      settings: "Settings", plans: "Plans", organizations: "Users", links: "Links", additions: "Billing", audit: "Billing audit", tickets: "Tickets", ticketfields: "Ticket fields",
      ticketrules: "Ticket rules", snoozes: "Snoozes", usagekey: "Usage key", people: "People", identity: "Identity provider", subscriptions: "Shop: subscriptions", addons: "Shop: add-ons",
    },
    from: "From",
    to: "To",
    show: "Show",
    at: "Time",
    by: "Who",
    /** @type {Record<string, string>} */
    names: { portal: "Owner, with the tokens", shop: "The distributor's shop", audit: "The billing audit", trialEnd: "The end of the trial" },
    /** @type {Record<string, string>} */
    channels: { portal: "In the portal", shop: "In the shop", audit: "By the audit", trialEnd: "By the choice of the plan" },
    action: "Action",
    object: "Record",
    before: "Before",
    after: "After",
    none: "No changes yet",
    noneText: "Each change is listed here: who made it, and what it was before.",
    noMatch: "No change matches",
    noMatchText: "Nothing was changed in this area and time.",
    all: "Show all changes",
  },
};
