"""The pages for phones beside the others of a door: on a socket file, from which the carrier takes them to the LAN."""

from collections.abc import Iterator
from contextlib import contextmanager

from kiosk.pages.phones.app import create_phone_app
from kiosk.pages.phones.pairing import Phones
from kiosk.pages.serving import PageServer
from kiosk.pages.staff_session import StaffSessions
from kiosk.runtime.service import DoorService
from sync.store.data_folder import DataFolder


def phones_of(service: DoorService) -> Phones:
    """The phones of a door; none is paired yet."""
    return Phones(lambda: StaffSessions(lambda: service.loop, service.replica_path))


@contextmanager
def serving_phones(service: DoorService, phones: Phones) -> Iterator[None]:
    """Answer paired phones as long as this lasts. Raises OSError where the socket file cannot be made."""
    app = create_phone_app(phones, service.order[0])
    server = PageServer.at_socket_file(app, DataFolder(service.data).phones_socket)
    server.start()
    try:
        yield
    finally:
        phones.close()
        server.close()
