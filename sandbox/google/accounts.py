"""
Who there is: people with Google accounts, the cloud project of an app with its
OAuth client and API key, and a service account. None of them exists.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from sandbox.google.keys import ROBOT, Key

HOSTS = ("*.googleapis.com", "accounts.google.com", "docs.google.com", "apis.google.com")
"""Whose calls and pages the pretend Google answers."""
SHEETS, DRIVE, PICKER = "sheets.googleapis.com", "drive.googleapis.com", "picker.googleapis.com"
API_NAMES = {SHEETS: "Google Sheets API", DRIVE: "Google Drive API", PICKER: "Google Picker API"}

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Person:
    """`locale` and `time_zone` are what their new spreadsheets get, `first_tab` what the first tab is called."""

    sub: str
    email: str
    name: str
    language: str = "en"
    locale: str = "en_US"
    time_zone: str = "America/New_York"
    first_tab: str = "Sheet1"
    untitled: str = "Untitled spreadsheet"
    is_robot: bool = False

    @property
    def domain(self) -> str:
        """Of a company's account; empty for those of everybody."""
        domain = self.email.rpartition("@")[2]
        return "" if self.is_robot or domain == "gmail.example" else domain


@dataclass
class Project:
    """A cloud project: whose quotas count, and which APIs its owner switched on."""

    number: str
    id: str
    apis: set[str] = field(default_factory=lambda: set(API_NAMES))


@dataclass(frozen=True)
class Client:
    """
    An OAuth client. `is_local` is for trials: the redirect URI may be any
    address on this machine, because the port is not known beforehand.
    """

    client_id: str
    client_secret: str = field(repr=False)
    name: str
    redirect_uris: tuple[str, ...] = ()
    is_local: bool = False

    @property
    def project(self) -> str:
        """The number of its project, which its id begins with."""
        return self.client_id.partition("-")[0]

    def redirects_to(self, uri: str) -> bool:
        parts = urlsplit(uri)
        is_here = parts.scheme == "http" and parts.hostname in _LOOPBACK
        return uri in self.redirect_uris or (self.is_local and is_here)

    def has_secret(self, secret: str) -> bool:
        return hmac.compare_digest(secret.encode(), self.client_secret.encode())


@dataclass(frozen=True)
class Robot:
    """A service account and its key."""

    email: str
    unique_id: str
    project: str
    project_id: str
    key: Key

    @property
    def person(self) -> Person:
        return Person(self.unique_id, self.email, self.email, time_zone="Etc/GMT", is_robot=True)

    def key_file(self) -> dict[str, str]:
        """The JSON file that the cloud console offers for download."""
        return {
            "type": "service_account",
            "project_id": self.project_id,
            "private_key_id": self.key.id,
            "private_key": self.key.private_pem,
            "client_email": self.email,
            "client_id": self.unique_id,
            "auth_uri": "https://accounts.google.com/o/oauth2/auth",
            "token_uri": "https://oauth2.googleapis.com/token",
            "auth_provider_x509_cert_url": "https://www.googleapis.com/oauth2/v1/certs",
            "client_x509_cert_url": f"https://www.googleapis.com/robot/v1/metadata/x509/{self.email}",
            "universe_domain": "googleapis.com",
        }


PROJECT_NUMBER = "418290563107"
PROJECT_ID = "pipesheet-trial"
API_KEY = "AIzaSyPretend-0nly_4LoopbackTrials000000"
DEMO = Client(
    f"{PROJECT_NUMBER}-pr3t3ndg00gl3f0rtr1als0nly000000.apps.googleusercontent.com",
    "GOCSPX-pretend-google-for-trials-0",
    "Pipesheet (trial app)",
    is_local=True,
)
DEMO_ROBOT = Robot(
    f"sheets@{PROJECT_ID}.iam.gserviceaccount.com", "104857600000000000017", PROJECT_NUMBER, PROJECT_ID, ROBOT
)

ALEX = Person("108312074516298340001", "alex@northwind.example", "Alex Harper")
SAM = Person("108312074516298340002", "sam@northwind.example", "Sam Okafor", locale="en_GB", time_zone="Europe/London")
LENA = Person(
    "108312074516298340003",
    "lena@nordlicht.example",
    "Lena Vogt",
    "de",
    "de_DE",
    "Europe/Berlin",
    "Tabellenblatt1",
    "Unbenannte Tabelle",
)
JULES = Person(
    "108312074516298340004",
    "jules@gmail.example",
    "Jules Martin",
    "fr",
    "fr_FR",
    "Europe/Paris",
    "Feuille 1",
    "Feuille de calcul sans titre",
)
PEOPLE = (ALEX, SAM, LENA, JULES)


class Accounts:
    """Everybody, by what they are known as."""

    def __init__(
        self,
        *,
        people: Iterable[Person] = PEOPLE,
        clients: Iterable[Client] = (DEMO,),
        robots: Iterable[Robot] = (DEMO_ROBOT,),
    ) -> None:
        self.people = tuple(people)
        self.clients = {client.client_id: client for client in clients}
        self.robots = {robot.email: robot for robot in robots}
        self.projects = {PROJECT_NUMBER: Project(PROJECT_NUMBER, PROJECT_ID)}
        self.api_keys = {API_KEY: PROJECT_NUMBER}
        for client in self.clients.values():
            self.projects.setdefault(client.project, Project(client.project, f"project-{client.project}"))
        for robot in self.robots.values():
            self.projects.setdefault(robot.project, Project(robot.project, robot.project_id))

    def add_client(self, client: Client) -> Client:
        """Another app, with a project of its own."""
        self.clients[client.client_id] = client
        self.projects.setdefault(client.project, Project(client.project, f"project-{client.project}"))
        return client

    def person(self, email: str) -> Person | None:
        """A human being or a robot; the case of letters does not matter."""
        wanted = email.lower()
        if wanted in self.robots:
            return self.robots[wanted].person
        return next((person for person in self.people if person.email == wanted), None)
