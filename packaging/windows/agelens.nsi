; The Windows installer, for one user and without administrator rights. Compiled by installer.py, never by hand.
;
; GENERATED names a file that installer.py writes: the defines used below, and these macros:
;   InstallPayload                  puts every file of the bundle in its place
;   RemoveFiles, RemoveFolders      remove every file and every folder of the bundle, by name
;   RefuseNamesOfPayload            jumps to `taken` if the chosen folder has something with such a name
;   ForEachExtension ACTION         inserts the macro ACTION for every extension of photos
;
; Files are removed by name only, never with a whole folder: whatever folder was chosen, what is not ours stays.
;
; Exit status: 0 installed, 1 canceled, 2 a file could not be written, 3 Agelens is running, 4 the folder is refused,
; 5 this Windows is too old, 6 files of the installed version could not be removed.

Unicode true
!include /CHARSET=UTF8 "${GENERATED}"
Target ${TARGET}
SetCompressor /SOLID lzma
SetCompressorDictSize 64

!include MUI2.nsh
!include FileFunc.nsh
!include LogicLib.nsh
!include WinVer.nsh
!include x64.nsh

!define UNINSTALLER "uninstall-agelens.exe"
!define LOG "setup.log"
!define UNINSTALL_KEY "Software\Microsoft\Windows\CurrentVersion\Uninstall\Agelens"
!define APPLICATION_KEY "Software\Classes\Applications\agelens.exe"
!define PROGID "Agelens.Photo"
!define WEBVIEW2_CLIENT "Microsoft\EdgeUpdate\Clients\{F3017226-FE2A-4295-8BDF-00C3A9A7E4C5}"
!define WEBVIEW2_PAGE "https://developer.microsoft.com/microsoft-edge/webview2/"

!define FAILED_RUNNING 3
!define FAILED_FOLDER 4
!define FAILED_WINDOWS 5
!define FAILED_REMOVING 6

Name "Agelens"
OutFile "${OUTPUT}"
BrandingText "Agelens ${VERSION}"
RequestExecutionLevel user
ManifestDPIAware true
AllowSkipFiles off
InstallDir "$LOCALAPPDATA\Programs\Agelens"
InstallDirRegKey HKCU "${UNINSTALL_KEY}" "InstallLocation"
VIProductVersion "${VERSION_QUAD}"
VIFileVersion "${VERSION_QUAD}"
VIAddVersionKey /LANG=0 "ProductName" "Agelens"
VIAddVersionKey /LANG=0 "ProductVersion" "${VERSION}"
VIAddVersionKey /LANG=0 "FileVersion" "${VERSION}"
VIAddVersionKey /LANG=0 "FileDescription" "Agelens Setup"
VIAddVersionKey /LANG=0 "CompanyName" "${PUBLISHER}"
VIAddVersionKey /LANG=0 "LegalCopyright" "${COPYRIGHT}"

!ifdef SIGN_COMMAND
  !uninstfinalize '${SIGN_COMMAND} "%1"' = 0
!endif

Var Folder  ; the folder that the functions below work on
Var Left    ; what the uninstaller says about the user's own files

; Pages

!ifdef ICON
  !define MUI_ICON "${ICON}"
  !define MUI_UNICON "${ICON}"
!endif
!define MUI_ABORTWARNING
!define MUI_WELCOMEFINISHPAGE_BITMAP "${NSISDIR}/Contrib/Graphics/Wizard/nsis3-metro.bmp"
!define MUI_UNWELCOMEFINISHPAGE_BITMAP "${NSISDIR}/Contrib/Graphics/Wizard/nsis3-metro.bmp"
!insertmacro MUI_PAGE_LICENSE "${LICENCE}"
!define MUI_PAGE_CUSTOMFUNCTION_LEAVE LeaveFolderPage
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!define MUI_FINISHPAGE_RUN "$INSTDIR\agelens.exe"
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!define MUI_FINISHPAGE_TEXT "$(Removed)$Left"
!define MUI_FINISHPAGE_TEXT_LARGE
!insertmacro MUI_UNPAGE_FINISH

!insertmacro MUI_LANGUAGE "English"
!insertmacro MUI_LANGUAGE "German"
!include /CHARSET=UTF8 "texts.nsh"

; Checks

Function .onInit
  SetRegView 64
  ${IfNot} ${RunningX64}
  ${OrIfNot} ${AtLeastWin10}
    MessageBox MB_OK|MB_ICONSTOP "$(NeedsWindows)" /SD IDOK
    SetErrorLevel ${FAILED_WINDOWS}
    Quit
  ${EndIf}
FunctionEnd

; Pushes why Agelens cannot go into $INSTDIR, or "". NSIS itself strips a final backslash and refuses a whole drive.
Function WhyNotHere
  ${If} ${FileExists} "$INSTDIR\${UNINSTALLER}"
    Push ""
    Return
  ${EndIf}
  !insertmacro RefuseNamesOfPayload
  ${DirState} "$INSTDIR" $0
  ${GetFileName} "$INSTDIR" $1
  ${If} $0 = 1
  ${AndIf} $1 != "Agelens"
    Push "$(NotEmpty)"
  ${Else}
    Push ""
  ${EndIf}
  Return
  taken:
  Push "$(Taken)"
FunctionEnd

Function LeaveFolderPage
  Call WhyNotHere
  Pop $0
  ${If} $0 == "$(NotEmpty)"
    ; The new folder is shown on the page before anything is done, so that nobody wonders where Agelens went.
    ${If} ${Cmd} `MessageBox MB_OKCANCEL|MB_ICONINFORMATION "$(NotEmpty)$\r$\n$\r$\n$(OwnFolder)" IDOK`
      StrCpy $INSTDIR "$INSTDIR\Agelens"
      SendMessage $mui.DirectoryPage.Directory ${WM_SETTEXT} 0 "STR:$INSTDIR"
    ${EndIf}
    Abort
  ${ElseIf} $0 != ""
    MessageBox MB_OK|MB_ICONEXCLAMATION "$0"
    Abort
  ${EndIf}
FunctionEnd

; Sets $R1 to "yes" if the program is running. Windows lets nobody write to a running program: opening it for writing
; fails with ERROR_SHARING_VIOLATION (32). A file that cannot be written for another reason gives another error.
!macro LookWhetherItRuns PROGRAM
  ${If} ${FileExists} "$Folder\${PROGRAM}"
    System::Call 'kernel32::CreateFileW(w "$Folder\${PROGRAM}", i 0x40000000, i 7, p 0, i 3, i 0, p 0) p .R2 ?e'
    Pop $R3
    ${If} $R2 != -1
      System::Call 'kernel32::CloseHandle(p R2)'
    ${ElseIf} $R3 = 32
      StrCpy $R1 "yes"
    ${EndIf}
  ${EndIf}
!macroend

; Ends the installer or uninstaller if Agelens runs in $Folder, after giving it two seconds to end.
!macro DefineRefuseWhileRunning un
  Function ${un}RefuseWhileRunning
    again:
    ${For} $R0 1 4
      StrCpy $R1 "no"
      !insertmacro LookWhetherItRuns "agelens.exe"
      !insertmacro LookWhetherItRuns "agelens-cli.exe"
      ${If} $R1 == "no"
        Return
      ${EndIf}
      Sleep 500
    ${Next}
    MessageBox MB_RETRYCANCEL|MB_ICONEXCLAMATION "$(Running)" /SD IDCANCEL IDRETRY again
    SetErrorLevel ${FAILED_RUNNING}
    Abort "$(Running)"
  FunctionEnd
!macroend
!insertmacro DefineRefuseWhileRunning ""
!insertmacro DefineRefuseWhileRunning "un."

; Removes the version in $Folder, if there is one, with its own uninstaller, which alone knows which files it had.
Function RemoveOldVersion
  ${IfNot} ${FileExists} "$Folder\${UNINSTALLER}"
    Return
  ${EndIf}
  Call RefuseWhileRunning
  DetailPrint "$(RemovingOld)"
  ClearErrors
  ExecWait '"$Folder\${UNINSTALLER}" /S _?=$Folder' $0
  ${If} ${Errors}
  ${OrIf} $0 <> 0
  ${OrIf} ${FileExists} "$Folder\agelens.exe"
    MessageBox MB_OK|MB_ICONSTOP "$(OldStays)" /SD IDOK
    SetErrorLevel ${FAILED_REMOVING}
    Abort "$(OldStays)"
  ${EndIf}
  ; With _?= the uninstaller runs in place and cannot remove itself.
  Delete "$Folder\${UNINSTALLER}"
  RMDir "$Folder"
FunctionEnd

; Pushes the version of the WebView2 runtime, for all users or for this one, or "".
Function FindWebView2
  ReadRegStr $0 HKLM "SOFTWARE\WOW6432Node\${WEBVIEW2_CLIENT}" "pv"
  ${If} $0 == ""
  ${OrIf} $0 == "0.0.0.0"
    ReadRegStr $0 HKCU "Software\${WEBVIEW2_CLIENT}" "pv"
  ${EndIf}
  ${If} $0 == "0.0.0.0"
    StrCpy $0 ""
  ${EndIf}
  Push $0
FunctionEnd

!macro Log LINE
  FileWriteUTF16LE $9 "${LINE}$\r$\n"
!macroend

; Registry. "Open with" offers Agelens for photos; the default program for them stays as it is.

!macro OfferFor EXTENSION
  WriteRegStr HKCU "${APPLICATION_KEY}\SupportedTypes" "${EXTENSION}" ""
  WriteRegNone HKCU "Software\Classes\${EXTENSION}\OpenWithProgids" "${PROGID}"
!macroend

!macro WithdrawFor EXTENSION
  DeleteRegValue HKCU "Software\Classes\${EXTENSION}\OpenWithProgids" "${PROGID}"
  DeleteRegKey /ifempty HKCU "Software\Classes\${EXTENSION}\OpenWithProgids"
  DeleteRegKey /ifempty HKCU "Software\Classes\${EXTENSION}"
!macroend

; SHCNE_ASSOCCHANGED: Explorer rereads which program opens what.
!macro TellExplorer
  System::Call 'shell32::SHChangeNotify(i 0x08000000, i 0, p 0, p 0)'
!macroend

!macro RegisterToUninstall
  WriteRegStr HKCU "${UNINSTALL_KEY}" "DisplayName" "Agelens"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "DisplayIcon" "$INSTDIR\agelens.exe,0"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "Publisher" "${PUBLISHER}"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "UninstallString" '"$INSTDIR\${UNINSTALLER}"'
  WriteRegStr HKCU "${UNINSTALL_KEY}" "QuietUninstallString" '"$INSTDIR\${UNINSTALLER}" /S'
  WriteRegDWORD HKCU "${UNINSTALL_KEY}" "EstimatedSize" ${SIZE_KB}
  WriteRegDWORD HKCU "${UNINSTALL_KEY}" "NoModify" 1
  WriteRegDWORD HKCU "${UNINSTALL_KEY}" "NoRepair" 1
!macroend

!macro RegisterToOpen
  WriteRegStr HKCU "${APPLICATION_KEY}" "FriendlyAppName" "Agelens"
  WriteRegStr HKCU "${APPLICATION_KEY}\DefaultIcon" "" "$INSTDIR\agelens.exe,0"
  WriteRegStr HKCU "${APPLICATION_KEY}\shell\open\command" "" '"$INSTDIR\agelens.exe" "%1"'
  WriteRegStr HKCU "Software\Classes\${PROGID}" "" "$(Photo)"
  WriteRegStr HKCU "Software\Classes\${PROGID}\DefaultIcon" "" "$INSTDIR\agelens.exe,0"
  WriteRegStr HKCU "Software\Classes\${PROGID}\shell\open\command" "" '"$INSTDIR\agelens.exe" "%1"'
  !insertmacro ForEachExtension OfferFor
  !insertmacro TellExplorer
!macroend

; Sections

Section "Agelens"
  SectionIn RO
  Call WhyNotHere
  Pop $0
  ${If} $0 != ""
    SetErrorLevel ${FAILED_FOLDER}
    Abort "$0"
  ${EndIf}
  ; Before anything is written: it would stay if the user gives up, and be in the way next time.
  ReadRegStr $Folder HKCU "${UNINSTALL_KEY}" "InstallLocation"
  ${If} ${FileExists} "$Folder\${UNINSTALLER}"
    Call RefuseWhileRunning
  ${EndIf}
  ; Before the old version goes: can the new one be written there at all?
  CreateDirectory "$INSTDIR"
  ClearErrors
  FileOpen $9 "$INSTDIR\${LOG}" a
  ${If} ${Errors}
    MessageBox MB_OK|MB_ICONSTOP "$(NotWritable)" /SD IDOK
    SetErrorLevel ${FAILED_FOLDER}
    Abort "$(NotWritable)"
  ${EndIf}
  FileClose $9

  Call RemoveOldVersion
  StrCpy $Folder $INSTDIR
  Call RemoveOldVersion

  ; The uninstaller comes first, so that an interrupted installation can be repeated or removed.
  SetOutPath "$INSTDIR"
  WriteUninstaller "$INSTDIR\${UNINSTALLER}"
  !insertmacro RegisterToUninstall
  !insertmacro InstallPayload
  CreateShortcut /NoWorkingDir "$SMPROGRAMS\Agelens.lnk" "$INSTDIR\agelens.exe"
  !insertmacro RegisterToOpen

  FileOpen $9 "$INSTDIR\${LOG}" w
  FileWriteUTF16LE /BOM $9 ""
  !insertmacro Log "Agelens ${VERSION}: $INSTDIR"
  Call FindWebView2
  Pop $0
  ${If} $0 != ""
    !insertmacro Log "WebView2 $0"
  ${Else}
    !insertmacro Log "$(NeedsWebView2)"
    ${If} ${Cmd} `MessageBox MB_YESNO|MB_ICONINFORMATION "$(NeedsWebView2)$\r$\n$\r$\n$(OpenPage)" /SD IDNO IDYES`
      ExecShell "open" "${WEBVIEW2_PAGE}"
    ${EndIf}
  ${EndIf}
  ; Windows editions N and KN come without mfplat.dll, and OpenCV is linked with it.
  ${IfNot} ${FileExists} "$SYSDIR\mfplat.dll"
    !insertmacro Log "$(NeedsMedia)"
    MessageBox MB_OK|MB_ICONINFORMATION "$(NeedsMedia)" /SD IDOK
  ${EndIf}
  FileClose $9
SectionEnd

Function un.onInit
  SetRegView 64
  ; An uninstaller that was moved must not remove files of these names from where it is now.
  ReadRegStr $0 HKCU "${UNINSTALL_KEY}" "InstallLocation"
  ${If} $0 != $INSTDIR
  ${AndIfNot} ${FileExists} "$INSTDIR\agelens.exe"
    MessageBox MB_OK|MB_ICONSTOP "$(NotHere)" /SD IDOK
    SetErrorLevel ${FAILED_FOLDER}
    Quit
  ${EndIf}
  StrCpy $Left ""
  ${If} ${FileExists} "$LOCALAPPDATA\Agelens\*.*"
    StrCpy $Left "$\r$\n$\r$\n$(UserFilesStay)"
  ${EndIf}
FunctionEnd

Section "Uninstall"
  StrCpy $Folder $INSTDIR
  Call un.RefuseWhileRunning
  SetOutPath "$TEMP"  ; a program's working folder cannot be removed
  ClearErrors
  !insertmacro RemoveFiles
  ${If} ${Errors}
    ; The uninstaller stays, so that this can be tried again.
    MessageBox MB_OK|MB_ICONEXCLAMATION "$(FilesStay)" /SD IDOK
    SetErrorLevel ${FAILED_REMOVING}
    Abort "$(FilesStay)"
  ${EndIf}
  !insertmacro RemoveFolders
  Delete "$INSTDIR\${LOG}"
  ; The uninstaller runs as a copy of itself, and the original, which started the copy, may not have ended yet.
  ${For} $R0 1 20
    Delete "$INSTDIR\${UNINSTALLER}"
    ${IfNot} ${FileExists} "$INSTDIR\${UNINSTALLER}"
    ${OrIf} $EXEDIR == $INSTDIR  ; with _?= it runs in place and cannot remove itself
      ${ExitFor}
    ${EndIf}
    Sleep 100
  ${Next}
  RMDir "$INSTDIR"
  Delete "$SMPROGRAMS\Agelens.lnk"
  DeleteRegKey HKCU "${APPLICATION_KEY}"
  DeleteRegKey HKCU "Software\Classes\${PROGID}"
  !insertmacro ForEachExtension WithdrawFor
  !insertmacro TellExplorer
  DeleteRegKey HKCU "${UNINSTALL_KEY}"
SectionEnd
