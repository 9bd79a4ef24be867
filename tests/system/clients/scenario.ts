// A partner in TypeScript, with a client made of the documents alone: from a commune to a published need, and a refusal that it understands.
import createClient, { type Middleware } from "openapi-fetch";
import type { components as AccessShapes, paths as AccessPaths } from "./access.js";
import type { components, paths } from "./recruitment.js";

const [address, token, origin] = process.argv.slice(2) as [string, string, string];
const headers = { Authorization: `Bearer ${token}`, Origin: origin };
const access = createClient<AccessPaths>({ baseUrl: `${address}/access`, headers });
const recruitment = createClient<paths>({ baseUrl: `${address}/recruitment`, headers });

const told: string[] = [];
const tell: Middleware = {
  onResponse({ request, response }) {
    told.push(`${request.method} ${response.status} ${response.headers.get("Access-Control-Allow-Origin")}`);
  },
};
recruitment.use(tell);

function given<T>(value: T | undefined, error: unknown): T {
  if (value === undefined) throw new Error(JSON.stringify(error));
  return value;
}

const communes = await access.GET("/v1/communes", { params: { query: { department: "44", limit: 1 } } });
const commune = given(communes.data?.items[0], communes.error);

const organisation: AccessShapes["schemas"]["OrganisationCreate"] = { name: "Clinique de la partenaire", roles: ["employer"] };
const opened = await access.POST("/v1/organisations", { body: organisation });
const employer = given(opened.data, opened.error);
const built = await access.POST("/v1/sites", {
  body: { organisation_id: employer.id, name: "Site de la partenaire", commune_code: commune.code, sector: "sanitary" },
});
const site = given(built.data, built.error);

const wanted: components["schemas"]["NeedCreate"] = {
  site_id: site.id,
  organisation_id: employer.id,
  profession: "as",
  headcount: 2,
  legal_forms: ["cdi"],
  starts_on: "2150-02-01",
  expires_on: "2150-01-01",
};
let created = await recruitment.POST("/v1/needs", { body: wanted });
for (let tries = 0; created.response.status === 422 && tries < 100; tries++) {
  await new Promise((done) => setTimeout(done, 100)); // until the service has heard of the site
  created = await recruitment.POST("/v1/needs", { body: wanted });
}
const need = given(created.data, created.error);

const asked = { path: { need_id: need.id }, header: { "If-Match": `"${need.version}"` } };
const published = await recruitment.POST("/v1/needs/{need_id}/publish", { params: asked });
const open = given(published.data, published.error);
const again = await recruitment.POST("/v1/needs/{need_id}/publish", {
  params: { path: asked.path, header: { "If-Match": `"${open.version}"` } },
});
if (again.response.status !== 409 || again.error === undefined) throw new Error(`a second publication: ${again.response.status}`);
const refusal = again.error as components["schemas"]["RecruitmentConflictProblem"];

console.log(JSON.stringify({ status: open.status, urgency: open.urgency, refused: refusal.type, now: refusal.status_now, allowed: refusal.allowed_operations, told: told.at(-1) }));
