"""The macOS application's Info.plist, for PyInstaller's BUNDLE(info_plist=...)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from project import Project

IDENTIFIER = "org.agelens.agelens"
"""BUNDLE(bundle_identifier=...). It never changes: macOS knows by it what the user allowed."""

OLDEST_SYSTEM = "14.5"
"""Its WebKit (Safari 17.5) is the first to know CSS' light-dark(), of which all colours of the page are made. ONNX
Runtime's wheels ask for 14.0, and are for Apple silicon alone, so the application is too."""

TYPES = (
    "public.jpeg",
    "public.png",
    "org.webmproject.webp",
    "com.microsoft.bmp",
    "public.tiff",
    "com.compuserve.gif",
    "public.avif",
    "public.heic",
    "public.heif",
)
"""The photos that the engine reads, in macOS' words. Name endings that macOS does not know stand beside them."""

_FOLDERS = {
    "NSDesktopFolderUsageDescription": ("on your desktop", "auf Ihrem Schreibtisch"),
    "NSDocumentsFolderUsageDescription": ("in your documents", "in Ihren Dokumenten"),
    "NSDownloadsFolderUsageDescription": ("among your downloads", "in Ihren Downloads"),
    "NSNetworkVolumesUsageDescription": ("on a network drive", "auf einem Netzlaufwerk"),
    "NSRemovableVolumesUsageDescription": ("on a removable drive", "auf einem Wechseldatenträger"),
}
"""Places of which macOS asks the user, and how they are called in English and German."""


def info_plist(project: Project, extensions: Iterable[str]) -> dict[str, Any]:
    """Everything but what PyInstaller fills in itself (executable, icon, identifier).

    Args:
        extensions: name endings of photos, with their dot.
    """
    version = ".".join(map(str, project.numbers))
    # "Alternate": Agelens is offered under "Open With" and never becomes what opens photos by default.
    role = {"CFBundleTypeName": "Photo", "CFBundleTypeRole": "Viewer", "LSHandlerRank": "Alternate"}
    return {
        "CFBundleName": "Agelens",
        "CFBundleDisplayName": "Agelens",
        "CFBundleShortVersionString": version,
        "CFBundleVersion": version,
        "CFBundleDevelopmentRegion": "en",
        "CFBundleLocalizations": ["en", "de"],
        "CFBundleDocumentTypes": [
            {**role, "LSItemContentTypes": list(TYPES)},
            # An entry of its own: beside content types macOS passes name endings over.
            {**role, "CFBundleTypeExtensions": [ending.removeprefix(".") for ending in extensions]},
        ],
        "LSApplicationCategoryType": "public.app-category.photography",
        "LSMinimumSystemVersion": OLDEST_SYSTEM,
        # The page comes from this computer, by HTTP; nothing else may.
        "NSAppTransportSecurity": {"NSAllowsLocalNetworking": True},
        "LSBackgroundOnly": False,  # PyInstaller would take it from the command line, which is the last program
        "NSHighResolutionCapable": True,
        "NSHumanReadableCopyright": project.copyright,
        "NSRequiresAquaSystemAppearance": False,  # it has a dark look, too
        **{key: _sentence(english) for key, (english, _) in _FOLDERS.items()},
    }


def german_strings() -> str:
    """What `Contents/Resources/de.lproj/InfoPlist.strings` holds: the sentences in German."""
    lines = ['"CFBundleName" = "Agelens";']  # pywebview looks for it here alone when it names the app in the menu
    lines += [f'"{key}" = "{_satz(german)}";' for key, (_, german) in _FOLDERS.items()]
    return "\n".join(lines) + "\n"


def _sentence(where: str) -> str:
    return f"Agelens reads the photos that you choose {where}. The photos never leave this computer."


def _satz(wo: str) -> str:
    return f"Agelens liest die Fotos, die Sie {wo} auswählen. Die Fotos verlassen diesen Computer nie."
