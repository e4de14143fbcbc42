// @ts-check
import { call, messageOf } from "./api.js";
import { confirm } from "./dialog.js";
import { toast } from "./dom.js";
import { actionButton } from "./page.js";
import { may } from "./session.js";
import { T } from "./texts.js";

const U = T.users;

/**
 * Opens the organization's dashboard at Dropsuite in a new tab. There is no button for a role that may not.
 * @param {string} organization
 * @param {string} name
 */
export function impersonateButton(organization, name) {
  return may("support") && actionButton(U.impersonate, {
    busy: U.impersonating, name, waitingFor: T.vendor,
    run: async () => {
      // The tab is opened at once: browsers refuse one that opens long after the click.
      const tab = open("about:blank");
      if (!tab) {
        await openHere(organization, name);
        return;
      }
      tab.opener = null;
      try {
        tab.location.replace(await signInLink(organization));
      } catch (error) {
        tab.close();
        toast(messageOf(error), T.close);
      }
    },
  });
}

/** Offers this tab where the browser blocked a new one. @param {string} organization @param {string} name */
const openHere = (organization, name) => confirm({
  title: U.blockedTitle, text: [U.blockedText(name)], confirm: U.openHere, busy: U.impersonating, waitingFor: T.vendor,
  run: async () => location.assign(await signInLink(organization)),
});

/** Returns a link that works once. It goes from the answer to the tab and is kept nowhere. @param {string} organization */
async function signInLink(organization) {
  const { url } = await call("organizations/impersonate", { body: { organization } });
  if (!/^https:\/\//.test(url)) throw new Error("the link is no https address");
  return url;
}
