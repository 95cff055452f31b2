"""The macOS application's Info.plist, for PyInstaller's BUNDLE(info_plist=...)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from project import Project

IDENTIFIER = "org.agelens.agelens"
"""BUNDLE(bundle_identifier=...). It never changes: macOS remembers by it what the user has allowed."""

OLDEST_SYSTEM = "14.5"
"""Its WebKit (Safari 17.5) is the first with CSS's light-dark(), which all colors of the page use. ONNX Runtime's
wheels need 14.0 and are for Apple silicon only, so the application is too."""

TYPES = (
    "public.jpeg",
    "public.mpo-image",
    "public.png",
    "org.webmproject.webp",
    "com.microsoft.bmp",
    "public.tiff",
    "com.compuserve.gif",
    "public.avif",
    "public.heic",
    "public.heif",
)
"""macOS's names for the photos that the engine reads. Extensions that macOS does not know are listed separately."""

_FOLDERS = {
    "NSDesktopFolderUsageDescription": ("on your desktop", "auf Ihrem Schreibtisch"),
    "NSDocumentsFolderUsageDescription": ("in your documents", "in Ihren Dokumenten"),
    "NSDownloadsFolderUsageDescription": ("among your downloads", "in Ihren Downloads"),
    "NSNetworkVolumesUsageDescription": ("on a network drive", "auf einem Netzlaufwerk"),
    "NSRemovableVolumesUsageDescription": ("on a removable drive", "auf einem Wechseldatenträger"),
}
"""Places for which macOS asks the user's permission, and their names in English and German."""


def info_plist(project: Project, extensions: Iterable[str]) -> dict[str, Any]:
    """Everything but what PyInstaller fills in itself (executable, icon, identifier).

    Args:
        extensions: file name extensions of photos, with their dot.
    """
    version = ".".join(map(str, project.numbers))
    # "Alternate": Agelens is offered under "Open With" and never becomes the default app for photos.
    role = {"CFBundleTypeRole": "Viewer", "LSHandlerRank": "Alternate"}
    photo, folder = ({"CFBundleTypeName": name, **role} for name in ("Photo", "Folder"))
    return {
        "CFBundleName": "Agelens",
        "CFBundleDisplayName": "Agelens",
        "CFBundleShortVersionString": version,
        "CFBundleVersion": version,
        "CFBundleDevelopmentRegion": "en",
        "CFBundleLocalizations": ["en", "de"],
        "CFBundleDocumentTypes": [
            {**photo, "LSItemContentTypes": list(TYPES)},
            # A separate entry: in one with content types macOS ignores extensions.
            {**photo, "CFBundleTypeExtensions": [ending.removeprefix(".") for ending in extensions]},
            # Else the icon in the Dock takes no folder that is dropped on it.
            {**folder, "LSItemContentTypes": ["public.folder"]},
        ],
        "LSApplicationCategoryType": "public.app-category.photography",
        "LSMinimumSystemVersion": OLDEST_SYSTEM,
        # The page comes from this computer, over HTTP; nothing else may.
        "NSAppTransportSecurity": {"NSAllowsLocalNetworking": True},
        "LSBackgroundOnly": False,  # PyInstaller would set it for the command line, which is the last program
        "NSHighResolutionCapable": True,
        "NSHumanReadableCopyright": project.copyright,
        "NSRequiresAquaSystemAppearance": False,  # it has a dark mode too
        **{key: _sentence(english) for key, (english, _) in _FOLDERS.items()},
    }


def german_strings() -> str:
    """The content of `Contents/Resources/de.lproj/InfoPlist.strings`: the sentences in German."""
    lines = ['"CFBundleName" = "Agelens";']  # pywebview looks only here for the app's name in the menu
    lines += [f'"{key}" = "{_satz(german)}";' for key, (_, german) in _FOLDERS.items()]
    return "\n".join(lines) + "\n"


def _sentence(where: str) -> str:
    return f"Agelens reads the photos that you choose {where}. The photos never leave this computer."


def _satz(wo: str) -> str:
    return f"Agelens liest die Fotos, die Sie {wo} auswählen. Die Fotos verlassen diesen Computer nie."
