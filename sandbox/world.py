"""
A believable small company, the same every time.

    world = World(deals=1200)

The same arguments give the same bytes. Records are made from their id when
asked for, so a company of a million deals costs no more than a small one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from sandbox import customs, fields, leads, moments, notes, projects, staff
from sandbox.activities import Activities
from sandbox.attachments import Attachments
from sandbox.changes import Changes
from sandbox.contacts import Contacts, Organizations, Persons
from sandbox.customs import CustomFields, People
from sandbox.dealparts import DealParts
from sandbox.deals import Deals, numbers
from sandbox.dice import Dice
from sandbox.fields import Field
from sandbox.ids import DealIds
from sandbox.mail import Mail
from sandbox.products import Products
from sandbox.remembered import Remembered
from sandbox.shelf import Shelf

TOKEN = "5a9d0b0e6c1f4d7e8a2b3c4d5e6f708192a3b4c5"  # noqa: S105 - it opens nothing but the sandbox
"""The API token of the company's administrator: this one signs in."""
REVOKED_TOKEN = "dead0b0e6c1f4d7e8a2b3c4d5e6f708192a3b4c5"  # noqa: S105
"""A token that was valid once and is not any more."""
DOMAIN = "acme"
PLANS = ("lite", "growth", "premium", "ultimate")
FEATURES = ("projects", "installments", "teams")
"""What a company may have bought or switched on."""


def _share(deals: int, share: float) -> int:
    """A size that follows from the number of deals; none in an empty company."""
    return max(int(deals * share), 1) if deals else 0


class World:
    """
    The company on `shelves`, its `fields` and `staff`.

    `deals` counts the main list (open, won and lost); for every 24 of them
    one more is deleted and one archived. `custom_fields` keeps only the first
    so many of the deals' custom fields. `without` names FEATURES it lacks.
    `clock` tells the seconds since 1970 for what `changes` of it. `remembers`
    keeps the JSON of the records it showed.
    """

    def __init__(
        self,
        deals: int = 1200,
        seed: int = 7,
        plan: str = "growth",
        *,
        custom_fields: int | None = None,
        without: Iterable[str] = (),
        clock: Callable[[], float] | None = None,
        remembers: bool = False,
    ) -> None:
        lacking = {*without, *(("installments",) if plan == "lite" else ())}
        self.features = frozenset(FEATURES) - lacking
        self.deals, self.seed, self.plan = deals, seed, plan
        self.domain, self.token = DOMAIN, TOKEN
        self.staff = staff.Staff()
        self.shelves: dict[str, Shelf] = {}
        self._people = People(self.staff.owners, _share(deals, 0.6), _share(deals, 0.25))
        self._deal_plans = customs.DEAL_PLANS[:custom_fields]
        self._deal_fields = customs.define(seed, "deal", self._deal_plans, 41)
        self.fields = self._define_fields()
        self._values: dict[str, CustomFields] = {}
        self._stock()
        self.changes = Changes(self, moments.Present(clock))
        self.remembered = Remembered(lambda: self.changes.count) if remembers else None

    def shelf(self, name: str) -> Shelf:
        return self.shelves[name]

    def custom_field(self, entity: str, name: str) -> Field:
        """The first custom field of this name, for tests that look for a value."""
        return next(field for field in self.fields[entity] if field.is_custom and field.name == name)

    def redefine(self, entity: str, defined: tuple[Field, ...]) -> None:
        """Replace the fields of an entity; leads have those of deals."""
        self.fields[entity] = defined
        if entity == "deal":
            own = tuple(field for field in self.fields["lead"] if not field.is_custom)
            self.fields["lead"] = own + tuple(field for field in defined if field.is_custom)
        if entity in self._values:
            self._values[entity].redefine([field for field in defined if field.is_custom])

    def _customs(self, entity: str, plans: Sequence[customs.Plan], defined: tuple[Field, ...]) -> CustomFields:
        values = CustomFields(plans, defined, self._dice(f"{entity} customs"), self._people)
        self._values[entity] = values
        return values

    def _define_fields(self) -> dict[str, tuple[Field, ...]]:
        self._person_fields = customs.define(self.seed, "person", customs.PERSON_PLANS, 501)
        self._organization_fields = customs.define(self.seed, "organization", customs.ORGANIZATION_PLANS, 601)
        self._product_fields = customs.define(self.seed, "product", customs.PRODUCT_PLANS, 701)
        self._project_fields = customs.define(self.seed, "project", customs.PROJECT_PLANS, 801)
        return {
            "project": fields.PROJECT + self._project_fields,
            "deal": fields.DEAL + self._deal_fields,
            "person": fields.PERSON + self._person_fields,
            "organization": fields.ORGANIZATION + self._organization_fields,
            "product": fields.PRODUCT + self._product_fields,
            "activity": fields.ACTIVITY,
            "lead": fields.LEAD + self._deal_fields,
            "note": fields.NOTE,
        }

    def _dice(self, kind: str) -> Dice:
        return Dice(self.seed, kind)

    def _stock(self) -> None:
        people = self._people
        contacts = Contacts(people.persons, people.organizations, self._dice("contacts"))
        deal_customs = self._customs("deal", self._deal_plans, self._deal_fields)
        has_revenue = self.plan != "lite"
        deals = Deals(self.deals, self._dice("deals"), contacts, deal_customs, self.staff, has_revenue=has_revenue)
        self._stock_deals(deals)
        self._stock_contacts(contacts)
        self._stock_work(deals, contacts)
        self._stock_leads(contacts, deal_customs)
        self._stock_small()
        self._stock_parts(deals, contacts)
        self._stock_projects(deals)

    def _stock_deals(self, deals: Deals) -> None:
        listed, deleted, archived = numbers(self.deals)
        lists = {
            "deals": listed,
            "deals/deleted": deleted,
            "deals/listed or deleted": DealIds(self.deals, deleted=True),
            "deals/archived": archived,
        }
        facts, optional = deals.facts(), deals.optional
        for name, ids in lists.items():
            self.shelves[name] = Shelf("Deal", ids, deals.row, facts, optional=optional)

    def _stock_contacts(self, contacts: Contacts) -> None:
        persons = Persons(
            self._dice("persons"), contacts,
            self._customs("person", customs.PERSON_PLANS, self._person_fields), self.staff,
        )  # fmt: skip
        organizations = Organizations(
            self._dice("organizations"), contacts,
            self._customs("organization", customs.ORGANIZATION_PLANS, self._organization_fields), self.staff,
        )  # fmt: skip
        self.shelves["persons"] = Shelf(
            "Person", range(1, contacts.persons + 1), persons.row, persons.facts(), optional=persons.optional
        )
        self.shelves["organizations"] = Shelf(
            "Organization",
            range(1, contacts.organizations + 1),
            organizations.row,
            organizations.facts(),
            optional=organizations.optional,
        )

    def _stock_work(self, deals: Deals, contacts: Contacts) -> None:
        listed = DealIds(self.deals)
        count = self.deals * 2
        activities = Activities(count, self._dice("activities"), deals, listed, contacts, self.staff)
        self.shelves["activities"] = Shelf(
            "Activity", range(1, count + 1), activities.row, activities.facts(), optional=activities.optional
        )
        count = _share(self.deals, 0.5)
        written = notes.Notes(count, self._dice("notes"), deals, listed, contacts, self.staff)
        self.shelves["notes"] = Shelf("Note", range(1, count + 1), written.row, written.facts())
        count = 40 if self.deals else 0
        product_customs = self._customs("product", customs.PRODUCT_PLANS, self._product_fields)
        products = Products(count, self._dice("products"), product_customs, self.staff)
        self.shelves["products"] = Shelf("Product", range(1, count + 1), products.row, products.facts())

    def _stock_leads(self, contacts: Contacts, deal_customs: CustomFields) -> None:
        count, archived = _share(self.deals, 0.15), _share(self.deals, 0.02)
        found = leads.Leads(count, archived, self._dice("leads"), contacts, deal_customs, self.staff)
        self.shelves["leads"] = Shelf("Lead", range(1, count + 1), found.row, found.facts())
        self.shelves["leads/archived"] = Shelf("Lead", range(count + 1, count + archived + 1), found.row, found.facts())

    def _stock_parts(self, deals: Deals, contacts: Contacts) -> None:
        """What hangs on other records, or lies beside them."""
        listed = DealIds(self.deals)
        keys = tuple(
            next((field.code for field in self._deal_fields if field.type == kind), "probability")
            for kind in ("enum", "monetary")
        )
        self.deal_parts = DealParts(deals, self.shelves, self.staff, keys)
        files, calls, threads = (_share(self.deals, share) for share in (0.4, 0.2, 1.25))
        self.attachments = Attachments(files, calls, deals, listed, contacts, self.staff)
        self.mail = Mail(threads, self._dice("mail"), deals, listed, contacts)

    def _stock_projects(self, deals: Deals) -> None:
        listed, count, archived = DealIds(self.deals), _share(self.deals, 0.1), _share(self.deals, 0.03)
        values = self._customs("project", customs.PROJECT_PLANS, self._project_fields)
        found = projects.Projects(count, archived, self._dice("projects"), deals, listed, values, self.staff)
        self.shelves["projects"] = Shelf("Project", range(1, count + 1), found.row, found.facts())
        self.shelves["projects/archived"] = Shelf(
            "Project", range(count + 1, count + archived + 1), found.row, found.facts()
        )
        tasks = projects.Tasks(found, self._dice("tasks"), self.staff)
        self.shelves["tasks"] = Shelf("Task", range(1, count * tasks.PER_PROJECT + 1), tasks.row, tasks.facts())
        templates = [projects.template_row(place, self.staff.owners[place]) for place in range(projects.TEMPLATES)]
        self.shelves["projectTemplates"] = _written("Project template", templates)

    def _stock_small(self) -> None:
        pipelines = [staff.pipeline_row(place) for place in range(len(staff.PIPELINES))]
        stages = [staff.stage_row(place) for place in range(len(staff.STAGES))]
        self.shelves["pipelines"] = _written("Pipeline", pipelines)
        self.shelves["stages"] = _written("Stage", stages)


def _written(singular: str, rows: list[dict]) -> Shelf:  # type: ignore[type-arg]
    """A shelf of a few rows that are simply there."""
    by_id = {row["id"]: row for row in rows}
    facts = {name: (lambda n, name=name: by_id[n][name]) for name in rows[0]}
    return Shelf(singular, sorted(by_id), lambda n, _view: by_id[n], facts)
