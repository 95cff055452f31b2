"""What Python says, in German. The page has its own texts, in `ui/texts/de.js`.

Keys are the English sentences as the code has them, with the same gaps (`engine.wording`); tests compare the two.
"""

from __future__ import annotations

GERMAN = {
    # Dialogs of the system.
    "Photos": "Fotos",
    "All files": "Alle Dateien",
    "{kind} file": "Datei der Art {kind}",  # pywebview takes no hyphen here
    # Menus and dialogs on macOS, as its other apps say it.
    "Save file": "Datei sichern",
    "About Agelens": "Über Agelens",
    "Services": "Dienste",
    "View": "Darstellung",
    "Edit": "Bearbeiten",
    "Hide Agelens": "Agelens ausblenden",
    "Hide Others": "Andere ausblenden",
    "Show All": "Alle einblenden",
    "Quit Agelens": "Agelens beenden",
    "Enter Full Screen": "Vollbild ein",
    "Cut": "Ausschneiden",
    "Copy": "Kopieren",
    "Paste": "Einsetzen",
    "Select All": "Alles auswählen",
    # About.
    "not loaded yet": "noch nicht geladen",
    "Photos never leave this computer.": "Kein Foto verlässt diesen Computer.",
    "Agelens estimates apparent age: how old a face looks, which may be far from the person's real age.": (
        "Agelens schätzt das scheinbare Alter: wie alt ein Gesicht wirkt. Das kann weit vom wirklichen Alter abweichen."
    ),
    "It is not for age verification and not for decisions about people.": (
        "Es taugt nicht zur Altersprüfung und nicht für Entscheidungen über Menschen."
    ),
    "It does not estimate sex or ethnicity.": "Geschlecht und ethnische Herkunft schätzt es nicht.",
    "non-commercial purposes only": "nur für nichtkommerzielle Zwecke",
    "unknown": "unbekannt",
    # A photo that cannot be analyzed.
    "Agelens does not read raw files of cameras. Export the photo as JPEG.": (
        "RAW-Dateien von Kameras liest Agelens nicht. Bitte das Foto als JPEG exportieren."
    ),
    "This is not a photo that Agelens can read. It reads JPEG, PNG, WebP, BMP, TIFF, GIF, AVIF and HEIC.": (
        "Das ist kein Foto, das Agelens lesen kann. Lesbar sind JPEG, PNG, WebP, BMP, TIFF, GIF, AVIF und HEIC."
    ),
    "The name of the photo's file is empty.": "Der Name der Fotodatei ist leer.",
    "This is a folder, not a photo.": "Das ist ein Ordner, kein Foto.",
    "This is not an ordinary file.": "Das ist keine gewöhnliche Datei.",
    "The file is not there. It may have been moved, renamed or deleted.": (
        "Die Datei ist nicht da. Vielleicht wurde sie verschoben, umbenannt oder gelöscht."
    ),
    "You do not have permission to read this file.": "Sie dürfen diese Datei nicht lesen.",
    "Another program is using this file. Close it there, then try again.": (
        "Ein anderes Programm benutzt diese Datei. Bitte dort schließen und es dann noch einmal versuchen."
    ),
    "The photo is in iCloud and not on this computer. Download it in the Finder first.": (
        "Das Foto liegt in iCloud und nicht auf diesem Computer. Bitte erst im Finder laden."
    ),
    "The file cannot be read: {why}.": "Die Datei kann nicht gelesen werden: {why}.",
    "The file is empty.": "Die Datei ist leer.",
    "The file is damaged or incomplete and cannot be opened.": (
        "Die Datei ist beschädigt oder unvollständig und kann nicht geöffnet werden."
    ),
    "Agelens cannot read TIFF files of this kind. Save the photo as PNG or JPEG, and add that.": (
        "TIFF-Dateien dieser Art kann Agelens nicht lesen. Speichern Sie das Foto als PNG oder JPEG, und fügen Sie "
        "diese Datei hinzu."
    ),
    "The file is larger than {number} MB.": "Die Datei ist größer als {number} MB.",
    "The photo has {size} million pixels. At most {most} million are read.": (
        "Das Foto hat {size} Millionen Bildpunkte. Gelesen werden höchstens {most} Millionen."
    ),
    "The photo is too large to open on this computer.": "Das Foto ist zu groß für diesen Computer.",
    "The photo is longer than the {number} pixels that a JPEG file can have.": (
        "Das Foto ist länger als die {number} Bildpunkte, die eine JPEG-Datei haben kann."
    ),
    "There is not enough memory for this photo.": "Für dieses Foto reicht der Arbeitsspeicher nicht.",
    "The photo has changed since it was analyzed. Analyze it again.": (
        "Das Foto hat sich seit der Auswertung geändert. Eine neue Auswertung hilft."
    ),
    "The photo took longer than {number} seconds, so Agelens gave up on it.": (
        "Das Foto hat länger als {number} Sekunden gebraucht und wurde aufgegeben."
    ),
    "The photo made the analysis crash. All other photos are unaffected.": (
        "Die Auswertung ist an diesem Foto abgestürzt. Alle anderen Fotos sind nicht betroffen."
    ),
    "The analysis failed on this photo ({kind}: {why}).": (
        "Die Auswertung ist an diesem Foto gescheitert ({kind}: {why})."
    ),
    # An engine that does not start.
    "The analysis has been stopped.": "Die Auswertung wurde beendet.",
    "The analysis could not be started.": "Die Auswertung konnte nicht gestartet werden.",
    "The analysis could not be started: {why}.": "Die Auswertung konnte nicht gestartet werden: {why}.",
    "The models took too long to load.": "Das Laden der Modelle hat zu lange gedauert.",
    "There is not enough memory for the models. Close other programs, then try again.": (
        "Für die Modelle reicht der Arbeitsspeicher nicht. Schließen Sie andere Programme, und versuchen Sie es noch "
        "einmal."
    ),
    "The age model {name} is damaged or was altered. Installing Agelens again repairs it.": (
        "Das Altersmodell {name} ist beschädigt oder wurde verändert. Agelens neu zu installieren behebt das."
    ),
    "The age model {name} cannot be read: {why}.": "Das Altersmodell {name} kann nicht gelesen werden: {why}.",
    "The age model {name} cannot be loaded: {why}.": "Das Altersmodell {name} kann nicht geladen werden: {why}.",
    "The file {name} does not describe an age model.": "Die Datei {name} beschreibt kein Altersmodell.",
    "The file {name} cannot be read: {why}.": "Die Datei {name} kann nicht gelesen werden: {why}.",
    "The file {name} is damaged: {why}.": "Die Datei {name} ist beschädigt: {why}.",
    "The bundled face detector is missing. Install Agelens again; in its source, `python3 dev.py setup` builds it.": (
        "Der mitgelieferte Gesichtsdetektor fehlt. Bitte Agelens neu installieren; im Quelltext baut ihn "
        "`python3 dev.py setup`."
    ),
    "The bundled face detector cannot be used: {why}. Install Agelens again; in its source, delete the folder "
    "{folder}, and `python3 dev.py setup` builds it.": (
        "Der mitgelieferte Gesichtsdetektor ist nicht zu gebrauchen: {why}. Bitte Agelens neu installieren; im "
        "Quelltext den Ordner {folder} löschen, dann baut ihn `python3 dev.py setup`."
    ),
    "There is no face detector (an .onnx file) in the folder {folder}.": (
        "Im Ordner {folder} ist kein Gesichtsdetektor (eine .onnx-Datei)."
    ),
    "The face detector in the folder {folder} gives no landmarks.": (
        "Der Gesichtsdetektor im Ordner {folder} findet keine Merkpunkte."
    ),
    "insightface finds no usable face detector in the folder {folder}: {why}.": (
        "insightface findet im Ordner {folder} keinen brauchbaren Gesichtsdetektor: {why}."
    ),
    # Why a file cannot be written, after a colon.
    "the disk is full": "der Datenträger ist voll",
    "the disk is failing": "der Datenträger ist defekt",
    "the disk is write-protected": "der Datenträger ist schreibgeschützt",
    "the file is too large for this disk": "die Datei ist zu groß für diesen Datenträger",
    "no permission to write to the folder or the file": (
        "keine Berechtigung, in den Ordner oder die Datei zu schreiben"
    ),
    "no permission to write to the folder or the file, or another program has the file open": (
        "keine Berechtigung, in den Ordner oder die Datei zu schreiben, oder ein anderes Programm hat die Datei offen"
    ),
    "the folder is no longer there": "der Ordner ist nicht mehr da",
    "the album file is read-only": "die Albumdatei ist schreibgeschützt",
    "the album file cannot be opened": "die Albumdatei kann nicht geöffnet werden",
    "no permission to open the album file": "keine Berechtigung, die Albumdatei zu öffnen",
    "the album file cannot be locked ({why})": "die Albumdatei kann nicht gesperrt werden ({why})",
    "another program is using the album file": "ein anderes Programm benutzt die Albumdatei",
    "the album file was written by a newer version of Agelens; use that one": (
        "die Albumdatei stammt von einer neueren Version von Agelens; bitte diese verwenden"
    ),
    "the file is not an Agelens album file": "die Datei ist keine Albumdatei von Agelens",
    "the file is damaged": "die Datei ist beschädigt",
    # Photos on their way in.
    "There is no photo to paste. Copy a picture, or files, first.": (
        "Es gibt kein Foto zum Einfügen. Erst ein Bild oder Dateien kopieren."
    ),
    "What you dropped is not a file on this computer. "
    "Export it first (in Photos: File, Export), then drop the files.": (
        "Was Sie hierher gezogen haben, ist keine Datei auf diesem Computer. Bitte erst exportieren (in Fotos: Ablage, "
        "Exportieren), dann die Dateien hierher ziehen."
    ),
    "What you dropped is not a file on this computer. Save it as a file first, then drop that.": (
        "Was Sie hierher gezogen haben, ist keine Datei auf diesem Computer. Bitte erst als Datei speichern und diese "
        "dann hierher ziehen."
    ),
    "The pasted picture could not be added: {why}.": "Das eingefügte Bild konnte nicht hinzugefügt werden: {why}.",
    "Pasted pictures are lost when the window closes. To keep one, save it as a file and add that.": (
        "Eingefügte Bilder gehen beim Schließen des Fensters verloren. Zum Behalten als Datei speichern und diese "
        "hinzufügen."
    ),
    "The folder {name} cannot be read.": "Der Ordner {name} kann nicht gelesen werden.",
    "{name} is a library of Photos. Export the photos there first.": (
        "{name} ist eine Mediathek von Fotos. Bitte die Fotos dort erst exportieren."
    ),
    "There is no photo in the folder {name}.": "Im Ordner {name} ist kein Foto.",
    "1 raw file was left out. Export it as JPEG to see ages.": (
        "1 RAW-Datei wurde ausgelassen. Exportieren Sie sie als JPEG, um das Alter zu sehen."
    ),
    "{number} raw files were left out. Export them as JPEG to see ages.": (
        "{number} RAW-Dateien wurden ausgelassen. Exportieren Sie sie als JPEG, um das Alter zu sehen."
    ),
    "This photo is already here.": "Dieses Foto ist schon da.",
    "These photos are already here.": "Diese Fotos sind schon da.",
    "Previews cannot be saved: {why}.": "Vorschaubilder können nicht gespeichert werden: {why}.",
    # Settings.
    "This setting applies only until Agelens is closed, as it cannot be saved: {why}.": (
        "Diese Einstellung gilt nur, bis Agelens geschlossen wird, denn sie kann nicht gespeichert werden: {why}."
    ),
    "no permission to open the file": "keine Berechtigung, die Datei zu öffnen",
    "The settings could not be read ({why}); the default settings apply.": (
        "Die Einstellungen konnten nicht gelesen werden ({why}); es gelten die Standardeinstellungen."
    ),
    "The settings file cannot be understood, nor can it be set aside ({why}).": (
        "Die Datei der Einstellungen ist nicht zu verstehen und kann auch nicht beiseitegelegt werden ({why})."
    ),
    "The settings file could not be understood. It was set aside as {name}; the default settings apply.": (
        "Die Datei der Einstellungen war nicht zu verstehen. Sie liegt nun als {name} beiseite; es gelten die "
        "Standardeinstellungen."
    ),
    "Part of the settings file could not be understood; there, the default settings apply.": (
        "Ein Teil der Datei der Einstellungen war nicht zu verstehen; dafür gelten die Standardeinstellungen."
    ),
    # The saved albums.
    "Another Agelens window is using the saved albums. Delete them there.": (
        "Ein anderes Agelens-Fenster benutzt die gespeicherten Alben. Bitte dort löschen."
    ),
    "What you do in this window is saved only once the other Agelens window is closed. Close that one first.": (
        "Was Sie in diesem Fenster tun, wird erst gespeichert, wenn das andere Agelens-Fenster geschlossen ist. "
        "Schließen Sie das andere zuerst."
    ),
    "The album cannot be opened: {why}.": "Das Album kann nicht geöffnet werden: {why}.",
    "The file of the saved albums cannot be opened: {why}. It was set aside as {name}, and a new one begun. Your "
    "photos are untouched.": (
        "Die Datei der gespeicherten Alben kann nicht geöffnet werden: {why}. Sie liegt nun als {name} beiseite, und "
        "eine neue ist begonnen. Ihre Fotos sind nicht betroffen."
    ),
    "{why}, and it cannot be set aside either ({reason})": (
        "{why}, und sie kann auch nicht beiseitegelegt werden ({reason})"
    ),
    "Birth years of that album were not taken over, as other ones have been entered here: {years}.": (
        "Geburtsjahre aus diesem Album wurden nicht übernommen, weil hier andere eingetragen sind: {years}."
    ),
    "The file of the saved albums was deleted. The album in this window is saved anew.": (
        "Die Datei der gespeicherten Alben wurde gelöscht. Das Album in diesem Fenster wird neu gespeichert."
    ),
    "The album cannot be saved: {why}.": "Das Album kann nicht gespeichert werden: {why}.",
    "The album cannot be saved, nor can saved albums be opened: {why}.": (
        "Das Album kann nicht gespeichert werden, und gespeicherte Alben können nicht geöffnet werden: {why}."
    ),
    "The saved albums cannot be deleted: {why}.": "Die gespeicherten Alben können nicht gelöscht werden: {why}.",
    "What you added is already in a saved album.": "Was Sie hinzugefügt haben, ist schon in einem gespeicherten Album.",
    "What you added is already in a saved album with 1 name.": (
        "Was Sie hinzugefügt haben, ist schon in einem gespeicherten Album mit 1 Namen."
    ),
    "What you added is already in a saved album with {number} names.": (
        "Was Sie hinzugefügt haben, ist schon in einem gespeicherten Album mit {number} Namen."
    ),
    "1 photo was moved or renamed. Its names, years and corrections were kept.": (
        "1 Foto wurde verschoben oder umbenannt. Namen, Jahre und Korrekturen sind erhalten."
    ),
    "{number} photos were moved or renamed. Their names, years and corrections were kept.": (
        "{number} Fotos wurden verschoben oder umbenannt. Namen, Jahre und Korrekturen sind erhalten."
    ),
    "1 photo has changed since last time and is being analyzed again.": (
        "1 Foto hat sich seit dem letzten Mal geändert und wird neu ausgewertet."
    ),
    "{number} photos have changed since last time and are being analyzed again.": (
        "{number} Fotos haben sich seit dem letzten Mal geändert und werden neu ausgewertet."
    ),
    "1 photo has changed since last time and is being analyzed again. Check its names and year.": (
        "1 Foto hat sich seit dem letzten Mal geändert und wird neu ausgewertet. Prüfen Sie Namen und Jahr."
    ),
    "{number} photos have changed since last time and are being analyzed again. Check names and years.": (
        "{number} Fotos haben sich seit dem letzten Mal geändert und werden neu ausgewertet. "
        "Prüfen Sie Namen und Jahre."
    ),
    "1 changed photo keeps the faces that you corrected. To look for faces again, select it and use Analyze again.": (
        "1 geändertes Foto behält die Gesichter, die Sie korrigiert haben. Um neu zu suchen, wählen Sie es aus und "
        "drücken „Noch einmal auswerten“."
    ),
    "{number} changed photos keep the faces that you corrected. To look for faces again, select each and use Analyze "
    "again.": (
        "{number} geänderte Fotos behalten die Gesichter, die Sie korrigiert haben. Um neu zu suchen, wählen Sie jedes "
        "einzeln aus und drücken „Noch einmal auswerten“."
    ),
    "1 photo was analyzed with another version of the age model. For new ages, press the round arrow above the "
    "photos.": (
        "1 Foto wurde mit einer anderen Version des Altersmodells ausgewertet. Für neue Altersangaben drücken Sie den "
        "runden Pfeil über den Fotos."
    ),
    "{number} photos were analyzed with another version of the age model. For new ages, press the round arrow above "
    "the photos.": (
        "{number} Fotos wurden mit einer anderen Version des Altersmodells ausgewertet. Für neue Altersangaben "
        "drücken Sie den runden Pfeil über den Fotos."
    ),
    # Exports.
    "There is nothing to export yet: {why}.": "Es gibt noch nichts zu exportieren: {why}.",
    "no photo has been analyzed": "kein Foto ist ausgewertet",
    "1 photo is not analyzed yet": "1 Foto ist noch nicht ausgewertet",
    "{number} photos are not analyzed yet": "{number} Fotos sind noch nicht ausgewertet",
    "1 photo is not analyzed yet and was left out": "1 Foto ist noch nicht ausgewertet und nicht dabei",
    "{number} photos are not analyzed yet and were left out": (
        "{number} Fotos sind noch nicht ausgewertet und nicht dabei"
    ),
    "{file} is one of the photos: choose another name.": (
        "{file} ist eines der Fotos: Bitte einen anderen Namen wählen."
    ),
    "1 photo": "1 Foto",
    "{number} photos": "{number} Fotos",
    "Exported 1 photo to {file}": "1 Foto exportiert nach {file}",
    "Exported {number} photos to {file}": "{number} Fotos exportiert nach {file}",
    "1 photo could not be read": "1 Foto konnte nicht gelesen werden",
    "{number} photos could not be read": "{number} Fotos konnten nicht gelesen werden",
    "1 photo has changed since its analysis and was left out: analyze it again": (
        "1 Foto hat sich seit seiner Auswertung geändert und ist nicht dabei: bitte noch einmal auswerten"
    ),
    "{number} photos have changed since their analysis and were left out: analyze them again": (
        "{number} Fotos haben sich seit ihrer Auswertung geändert und sind nicht dabei: bitte noch einmal auswerten"
    ),
    "1 photo has changed since its analysis: the report has its earlier ages": (
        "1 Foto hat sich seit seiner Auswertung geändert: Im Bericht steht das frühere Alter"
    ),
    "{number} photos have changed since their analysis: the report has their earlier ages": (
        "{number} Fotos haben sich seit ihrer Auswertung geändert: Im Bericht steht das frühere Alter"
    ),
    "1 photo had been removed from the window in the meantime and was left out": (
        "1 Foto war inzwischen aus dem Fenster entfernt und ist nicht dabei"
    ),
    "{number} photos had been removed from the window in the meantime and were left out": (
        "{number} Fotos waren inzwischen aus dem Fenster entfernt und sind nicht dabei"
    ),
    "1 photo had been removed from the window in the meantime": "1 Foto war inzwischen aus dem Fenster entfernt",
    "{number} photos had been removed from the window in the meantime": (
        "{number} Fotos waren inzwischen aus dem Fenster entfernt"
    ),
    "Nothing was exported: {why}": "Nichts wurde exportiert: {why}",
    "The export was canceled.": "Der Export wurde abgebrochen.",
    "The export failed:": "Der Export ist gescheitert:",
    "The export failed: {why}.": "Der Export ist gescheitert: {why}.",
    "The export failed ({name}).": "Der Export ist gescheitert ({name}).",
    "Before that, {some} of {all} had been copied to {folder}.": "Bis dahin nach {folder} kopiert: {some} von {all}.",
    "Nothing was written.": "Nichts wurde geschrieben.",
    # The report, and ages as text.
    "Ages in 1 photo": "Altersangaben zu 1 Foto",
    "Ages in {number} photos": "Altersangaben zu {number} Fotos",
    "age model {name}": "Altersmodell {name}",
    "Apparent age, estimated by Agelens: how old a face looks, not how old the person is. Not for age verification.": (
        "Scheinbares Alter, von Agelens geschätzt: wie alt ein Gesicht wirkt, nicht wie alt der Mensch ist. Nicht zur "
        "Altersprüfung."
    ),
    "Made with Agelens, which works offline: it has sent no photo anywhere.": (
        "Mit Agelens erstellt, das offline arbeitet: Es hat keines der Fotos verschickt."
    ),
    "No face was found.": "Kein Gesicht gefunden.",
    "There is no preview of this photo.": "Für dieses Foto gibt es keine Vorschau.",
    "Face": "Gesicht",
    "Face {number} of {total} from the left": "Gesicht {number} von {total} von links",
    "The ranges are meant to hold {cases}.": "Die Bereiche sollen {cases} stimmen.",
    "Taken in {year}.": "Entstanden {year}.",
    "Taken about {year}, {range}.": "Entstanden um {year}, {range}.",
    "By apparent age about {year}, {range}.": "Dem Aussehen nach um {year}, {range}.",
    "On old prints the range holds less often, and the year tends to be too late.": (
        "Bei alten Abzügen stimmt der Bereich seltener, und das Jahr ist eher zu spät."
    ),
    "Born about {year}, {range}.": "Geboren um {year}, {range}.",
    "face {number}": "Gesicht {number}",
    "no face found": "kein Gesicht gefunden",
    "1 face": "1 Gesicht",
    "{number} faces": "{number} Gesichter",
    ", turned by {degrees} degrees": ", um {degrees} Grad gedreht",
    "1 year, {range}": "1 Jahr, {range}",
    "{number} years, {range}": "{number} Jahre, {range}",
    "{low} to {high}": "{low} bis {high}",
    "in {some} of {all} cases": "in {some} von {all} Fällen",
    ", taken in {year}": ", entstanden {year}",
    ", by its faces about {year}, {range}": ", den Gesichtern nach um {year}, {range}",
    "; born about {year}, {range}": "; geboren um {year}, {range}",
    ", born {year}": ", geboren {year}",
    "born after this photo was taken: check the years": "erst nach diesem Foto geboren: Bitte die Jahre prüfen",
    "this name or birth year does not fit the photo": "dieser Name oder dieses Geburtsjahr passt nicht zum Foto",
    "the name, the birth year or the year of the photo does not fit this face": (
        "der Name, das Geburtsjahr oder das Jahr des Fotos passt nicht zu diesem Gesicht"
    ),
    "the face is small in the photo": "das Gesicht ist klein im Foto",
    "the face is blurred or hardly visible": "das Gesicht ist unscharf oder kaum zu sehen",
    "the face is turned away or cut off": "das Gesicht ist abgewandt oder angeschnitten",
    "this may not be a face": "das ist vielleicht kein Gesicht",
}
