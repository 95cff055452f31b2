; What the installer and the uninstaller say, beyond NSIS's own texts.

!macro Text NAME ENGLISH GERMAN
  LangString ${NAME} ${LANG_ENGLISH} "${ENGLISH}"
  LangString ${NAME} ${LANG_GERMAN} "${GERMAN}"
!macroend

!insertmacro Text Photo "Photo" "Foto"

!insertmacro Text NeedsWindows \
  "Agelens needs 64-bit Windows 10 or newer." \
  "Agelens braucht Windows 10 oder neuer mit 64 Bit."

!insertmacro Text NotEmpty \
  "There are other files in $INSTDIR. Agelens needs a folder of its own." \
  "In $INSTDIR liegen andere Dateien. Agelens braucht einen eigenen Ordner."

!insertmacro Text OwnFolder \
  "Click OK to use a new folder inside it." \
  "Mit OK wird ein neuer Ordner darin verwendet."

!insertmacro Text Taken \
  "$INSTDIR contains files of another program that Agelens would replace. Please choose another folder." \
  "In $INSTDIR liegen Dateien eines anderen Programms, die Agelens ersetzen würde. Bitte wählen Sie einen anderen Ordner."

!insertmacro Text NotWritable \
  "Nothing can be written to $INSTDIR. Please choose another folder." \
  "In $INSTDIR kann nichts geschrieben werden. Bitte wählen Sie einen anderen Ordner."

!insertmacro Text Running \
  "Agelens is running. Please close its window, then try again." \
  "Agelens läuft gerade. Bitte schließen Sie das Fenster und versuchen Sie es noch einmal."

!insertmacro Text RemovingOld \
  "Removing the version that was installed before" \
  "Die bisherige Version wird entfernt"

!insertmacro Text OldStays \
  "The version of Agelens in $Folder could not be removed. Please remove it in Windows Settings, then try again." \
  "Die Version von Agelens in $Folder konnte nicht entfernt werden. Bitte entfernen Sie sie in den Windows-Einstellungen \
und versuchen Sie es noch einmal."

!insertmacro Text NeedsWebView2 \
  "Agelens shows its window with Microsoft's WebView2 runtime, which this computer does not have. It is free: \
${WEBVIEW2_PAGE}" \
  "Agelens zeigt sein Fenster mit der WebView2-Laufzeit von Microsoft, die auf diesem Computer fehlt. Sie ist kostenlos: \
${WEBVIEW2_PAGE}"

!insertmacro Text OpenPage \
  "Open this page now? Choose the Evergreen Bootstrapper there." \
  "Diese Seite jetzt öffnen? Wählen Sie dort den „Evergreen Bootstrapper“."

!insertmacro Text NeedsMedia \
  "Agelens needs Windows' Media Feature Pack, which this computer does not have. It is free: open Optional features in \
Windows' settings and add it." \
  "Agelens braucht das Media Feature Pack von Windows, das auf diesem Computer fehlt. Es ist kostenlos: Öffnen Sie in \
den Windows-Einstellungen die optionalen Features und fügen Sie es hinzu."

!insertmacro Text FilesStay \
  "Some files in $INSTDIR could not be removed, probably because another program is using them. Please try again later." \
  "Einige Dateien in $INSTDIR konnten nicht entfernt werden, vermutlich weil ein anderes Programm sie benutzt. Bitte \
versuchen Sie es später noch einmal."

!insertmacro Text NotHere \
  "Agelens is not installed in $INSTDIR. Nothing was removed." \
  "Agelens ist nicht in $INSTDIR installiert. Es wurde nichts entfernt."

!insertmacro Text Removed \
  "Agelens was removed from this computer." \
  "Agelens wurde von diesem Computer entfernt."

!insertmacro Text UserFilesStay \
  "Your settings and saved albums (where photos are, ages, names and years) are still in $LOCALAPPDATA\Agelens. \
Delete that folder if you no longer need them." \
  "Ihre Einstellungen und gespeicherten Alben (Orte der Fotos, Alter, Namen und Jahre) liegen noch in \
$LOCALAPPDATA\Agelens. Löschen Sie diesen Ordner, wenn Sie sie nicht mehr brauchen."
