"""The tables of an office, as far as a portal reads or writes them: columns, how they are kept, and how the API says them.

A column without a word is a number; `s` is text, `m` money, `b` yes or no, `d` a day, `t` a moment, `c` a time of day; any other word is the list of names that
the API says in place of the number.
"""

from dataclasses import dataclass

KINDS = {
    "PatStatus": "Patient NonPatient Inactive Archived Deleted Deceased Prospective",
    "Gender": "Male Female Unknown Other",
    "Position": "Single Married Child Widowed Divorced",
    "YN": "Unknown Yes No",
    "Contact": "None DoNotCall HmPhone WkPhone WirelessPh Email SeeNotes Mail TextMessage",
    "AptStatus": "None Scheduled Complete UnschedList ASAP Broken Planned PtNote PtNoteCompleted",
    "Priority": "Normal ASAP",
    "SchedType": "Practice Provider Blockout Employee WebSchedASAP",
    "SchedStatus": "Open Closed Holiday",
    "ProcStatus": "None TP C EC EO R D Cn TPi",
    "ClaimProcStatus": "NotReceived Received Preauth Adjustment Supplemental CapClaim CapEstimate CapComplete InsHist",
    "TPStatus": "Saved Active Inactive",
    "TPType": "Default Discount",
    "ProbStatus": "Active Resolved Inactive",
    "Snomed": "None AllergyToSubstance DrugAllergy DrugIntolerance FoodAllergy FoodIntolerance AdverseReactions AdverseReactionsToDrug AdverseReactionsToFood "
    "AdverseReactionsToSubstance",
    "ImgType": "Document Radiograph Photo File Attachment",
    "Mode": "Mail InPerson Email Electronic Phone Text API",
    "CommMode": "None Email Mail Phone InPerson Text EmailAndText PhoneAndText",
    "Sent": "Neither Sent Received",
    "HistAction": "Created Changed Missed Cancelled Deleted",
    "Guardian": "Father Mother Stepfather Stepmother Grandfather Grandmother Sitter Brother CareGiver FosterChild Guardian Grandparent Other Parent Stepchild Self Sibling "
    "Sister Spouse Child LifePartner Friend Grandchild",
    "Process": "None OnlineProcessed OnlinePending",
    "Level": "Patient Family SuperFamily",
    "Relation": "Self Spouse Child Employee HandicapDep SignifOther InjuredPlaintiff LifePartner Dependent",
    "Frequency": "Weekly EveryOtherWeek OrdinalWeekday Monthly Quarterly",
    "ChargeType": "Debit Credit",
    "RefType": "RefTo RefFrom RefCustom",
}
NAMES = {kind: tuple(words.split()) for kind, words in KINDS.items()}


@dataclass(frozen=True)
class Table:
    """One table: where the API has it, its number column, and its columns with how they are kept."""

    name: str
    path: str
    key: str
    columns: dict[str, str]
    hidden: bool = False

    @property
    def stamps(self) -> list[str]:
        """The columns that tell when a row was last changed."""
        return [column for column in ("DateTStamp", "SecDateTEdit") if column in self.columns]


def _table(name: str, path: str, key: str, columns: str, hidden: bool = False) -> Table:
    parts = (part.partition(":") for part in columns.split())
    return Table(name, path, key, {key: ""} | {column: kind for column, _, kind in parts}, hidden)


TABLES = (
    _table(
        "patient", "patients/Simple", "PatNum",
        "LName:s FName:s MiddleI:s Preferred:s PatStatus:PatStatus Gender:Gender Position:Position Birthdate:d SSN:s Address:s Address2:s City:s State:s Zip:s HmPhone:s WkPhone:s "
        "WirelessPhone:s Guarantor Email:s EstBalance:m PriProv SecProv FeeSched BillingType ImageFolder:s FamFinUrgNote:s ChartNumber:s MedicaidID:s BalTotal:m EmployerNum "
        "DateFirstVisit:d ClinicNum Premed:b Ward:s PreferConfirmMethod:Contact PreferContactMethod:Contact PreferRecallMethod:Contact Language:s AdmitDate:d ResponsParty "
        "DateTStamp:t SuperFamily TxtMsgOk:YN SecDateEntry:d",
    ),
    _table("guardian", "", "GuardianNum", "PatNumChild PatNumGuardian Relationship:Guardian IsGuardian:b", hidden=True),
    _table("patfield", "patfields", "PatFieldNum", "PatNum FieldName:s FieldValue:s SecDateTEdit:t"),
    _table("clinic", "clinics", "ClinicNum", "Description:s Abbr:s Phone:s Address:s Address2:s City:s State:s Zip:s IsHidden:b ItemOrder"),
    _table(
        "provider", "providers", "ProvNum",
        "Abbr:s ItemOrder LName:s FName:s MI:s Suffix:s Specialty:s IsSecondary:b IsHidden:b NationalProvID:s IsNotPerson:b ProvStatus:s SchedNote:s PreferredName:s DateTStamp:t",
    ),
    _table(
        "operatory", "operatories", "OperatoryNum", "OpName:s Abbrev:s ItemOrder IsHidden:b ProvDentist ProvHygienist IsHygiene:b ClinicNum SetProspective:b IsWebSched:b OperatoryType"
    ),
    _table("definition", "definitions", "DefNum", "ItemName:s ItemValue:s Category ItemOrder isHidden:b"),
    _table("preference", "preferences", "PrefNum", "PrefName:s ValueString:s"),
    _table(
        "procedurecode", "procedurecodes", "CodeNum", "ProcCode:s Descript:s AbbrDesc:s LaymanTerm:s ProcTime:s ProcCat TreatArea IsHygiene:b DateTStamp:t"
    ),
    _table("appointmenttype", "appointmenttypes", "AppointmentTypeNum", "AppointmentTypeName:s ItemOrder IsHidden:b Pattern:s CodeStr:s BlockoutTypes:s"),
    _table(
        "appointment", "appointments", "AptNum",
        "PatNum AptStatus:AptStatus Pattern:s Confirmed TimeLocked:b Op Note:s ProvNum ProvHyg AptDateTime:t NextAptNum UnschedStatus IsNewPatient:b ProcDescript:s ClinicNum "
        "IsHygiene:b DateTStamp:t DateTimeArrived:t DateTimeSeated:t DateTimeDismissed:t DateTimeAskedToArrive:t AppointmentTypeNum SecDateTEntry:t Priority:Priority "
        "PatternSecondary:s ItemOrderPlanned",
    ),
    _table("histappointment", "histappointments", "HistApptNum", "HistDateTStamp:t HistApptAction:HistAction AptNum PatNum AptDateTime:t"),
    _table("websched", "", "WebSchedNum", "AptNum DateTStamp:t", hidden=True),
    _table(
        "recall", "recalls", "RecallNum",
        "PatNum DateDueCalc:d DateDue:d DatePrevious:d RecallInterval RecallStatus Note:s IsDisabled:b DateTStamp:t RecallTypeNum DisableUntilBalance:m DisableUntilDate:d "
        "DateScheduled:d Priority:Priority TimePatternOverride:s",
    ),
    _table("recalltype", "recalltypes", "RecallTypeNum", "Description:s DefaultInterval TimePattern:s Procedures:s AppendToSpecial:b"),
    _table(
        "schedule", "schedules", "ScheduleNum", "SchedDate:d StartTime:c StopTime:c SchedType:SchedType ProvNum BlockoutType Note:s Status:SchedStatus EmployeeNum DateTStamp:t ClinicNum"
    ),
    _table("scheduleop", "scheduleops", "ScheduleOpNum", "ScheduleNum OperatoryNum"),
    _table(
        "procedurelog", "procedurelogs", "ProcNum",
        "PatNum AptNum ProcDate:d ProcFee:m Surf:s ToothNum:s ToothRange:s Priority ProcStatus:ProcStatus ProvNum Dx PlannedAptNum ClinicNum CodeNum UnitQty BaseUnits "
        "DateEntryC:d DateTP:d DateTStamp:t",
    ),
    _table("adjustment", "adjustments", "AdjNum", "AdjDate:d AdjAmt:m PatNum AdjType ProvNum AdjNote:s ProcDate:d ProcNum DateEntry:d ClinicNum SecDateTEdit:t"),
    _table(
        "payment", "payments", "PayNum",
        "PayType PayDate:d PayAmt:m CheckNum:s BankBranch:s PayNote:s IsSplit:b PatNum ClinicNum DateEntry:d DepositNum Receipt:s IsRecurringCC:b SecDateTEdit:t "
        "PaymentSource ProcessStatus:Process RecurringChargeDate:d IsCcCompleted:b",
    ),
    _table(
        "paysplit", "paysplits", "SplitNum", "SplitAmt:m PatNum PayNum ProvNum PayPlanNum DatePay:d ProcNum UnearnedType ClinicNum AdjNum DateEntry:d SecDateTEdit:t"
    ),
    _table(
        "payplan", "payplans", "PayPlanNum",
        "PatNum Guarantor PayPlanDate:d APR:m Note:s CompletedAmt:m PayAmt:m DownPayment:m NumberOfPayments ChargeFrequency:Frequency DatePayPlanStart:d IsClosed:b IsDynamic:b SecDateTEdit:t",
    ),
    _table(
        "payplancharge", "payplancharges", "PayPlanChargeNum", "PayPlanNum Guarantor PatNum ChargeDate:d Principal:m Interest:m Note:s ProvNum ClinicNum ChargeType:ChargeType ProcNum SecDateTEdit:t"
    ),
    _table("carrier", "carriers", "CarrierNum", "CarrierName:s Phone:s ElectID:s"),
    _table("insplan", "insplans", "PlanNum", "GroupName:s GroupNum:s PlanNote:s FeeSched PlanType:s CarrierNum IsMedical:b SecDateTEdit:t"),
    _table("inssub", "inssubs", "InsSubNum", "PlanNum Subscriber SubscriberID:s SubscNote:s DateEffective:d DateTerm:d SecDateTEdit:t"),
    _table("patplan", "patplans", "PatPlanNum", "PatNum Ordinal IsPending:b Relationship:Relation PatID:s InsSubNum"),
    _table(
        "claim", "claims", "ClaimNum",
        "PatNum DateService:d DateSent:d ClaimStatus:s DateReceived:d PlanNum ProvTreat ClaimFee:m InsPayEst:m InsPayAmt:m DedApplied:m WriteOff:m ClaimNote:s ClaimType:s "
        "ClinicNum InsSubNum SecDateTEdit:t",
    ),
    _table(
        "claimproc", "claimprocs", "ClaimProcNum",
        "ProcNum ClaimNum PatNum ProvNum FeeBilled:m InsPayEst:m DedApplied:m Status:ClaimProcStatus InsPayAmt:m Remarks:s PlanNum WriteOff:m ProcDate:d DateCP:d ClinicNum InsSubNum SecDateTEdit:t",
    ),
    _table(
        "statement", "statements", "StatementNum",
        "PatNum DateSent:d DateRangeFrom:d DateRangeTo:d Note:s NoteBold:s Mode_:Mode HidePayment:b SinglePatient:b Intermingled:b IsSent:b DocNum DateTStamp:t IsReceipt:b IsInvoice:b SuperFamily "
        "IsBalValid:b InsEst:m BalTotal:m StatementType:s",
    ),
    _table(
        "treatplan", "treatplans", "TreatPlanNum",
        "PatNum DateTP:d Heading:s Note:s Signature:s SigIsTopaz:b ResponsParty DocNum TPStatus:TPStatus SecDateEntry:d SecDateTEdit:t UserNumPresenter TPType:TPType SignatureText:s "
        "DateTSigned:t DateTPracticeSigned:t SignaturePracticeText:s",
    ),
    _table(
        "proctp", "proctps", "ProcTPNum",
        "TreatPlanNum PatNum ProcNumOrig ItemOrder Priority ToothNumTP:s Surf:s ProcCode:s Descript:s FeeAmt:m PriInsAmt:m SecInsAmt:m PatAmt:m Discount:m Prognosis:s Dx:s ProcAbbr:s "
        "FeeAllowed:m TaxAmt:m ProvNum DateTP:d ClinicNum CatPercUCR:m SecDateTEdit:t",
    ),
    _table(
        "document", "documents", "DocNum",
        "Description:s DateCreated:t DocCategory PatNum FileName:s ImgType:ImgType IsFlipped:b ToothNumbers:s Note:s DateTStamp:t ProvNum PrintHeading:b",
    ),
    _table("allergydef", "allergydefs", "AllergyDefNum", "Description:s IsHidden:b DateTStamp:t SnomedType:Snomed MedicationNum UniiCode:s"),
    _table("allergy", "allergies", "AllergyNum", "AllergyDefNum PatNum Reaction:s StatusIsActive:b DateTStamp:t DateAdverseReaction:d"),
    _table("diseasedef", "diseasedefs", "DiseaseDefNum", "DiseaseName:s ItemOrder IsHidden:b DateTStamp:t ICD9Code:s SnomedCode:s Icd10Code:s"),
    _table("disease", "diseases", "DiseaseNum", "PatNum DiseaseDefNum PatNote:s DateTStamp:t ProbStatus:ProbStatus DateStart:d DateStop:d"),
    _table("medication", "medications", "MedicationNum", "MedName:s GenericNum Notes:s DateTStamp:t RxCui"),
    _table("medicationpat", "medicationpats", "MedicationPatNum", "PatNum MedicationNum PatNote:s DateTStamp:t DateStart:d DateStop:d ProvNum MedDescript:s RxCui"),
    _table("rxpat", "rxpats", "RxNum", "PatNum RxDate:d Drug:s Sig:s Disp:s Refills:s ProvNum Notes:s PharmacyNum DateTStamp:t PatientInstruction:s"),
    _table("referral", "referrals", "ReferralNum", "LName:s FName:s Telephone:s EMail:s IsDoctor:b Title:s NationalProvID:s IsHidden:b DateTStamp:t"),
    _table("refattach", "refattaches", "RefAttachNum", "ReferralNum PatNum ItemOrder RefDate:d RefType:RefType RefToStatus:s Note:s DateTStamp:t"),
    _table("vitalsign", "", "VitalsignNum", "PatNum Height:m Weight:m BpSystolic BpDiastolic DateTaken:d Pulse", hidden=True),
    _table("commlog", "commlogs", "CommlogNum", "PatNum CommDateTime:t CommType Note:s Mode_:CommMode SentOrReceived:Sent DateTStamp:t"),
    _table("task", "tasks", "TaskNum", "TaskListNum DateTask:d KeyNum Descript:s TaskStatus:s ObjectType:s DateTimeEntry:t UserNum"),
    _table("popup", "popups", "PopupNum", "PatNum Description:s PopupLevel:Level DateTimeDisabled:t DateTimeEntry:t"),
    _table("signalod", "signalods", "SignalNum", "IType:s FKey FKeyType:s SigDateTime:t"),
    _table(
        "subscription", "subscriptions", "SubscriptionNum",
        "EndPointUrl:s Workstation:s CustomerKey:s WatchTable:s PollingSeconds UiEventType:s DateTimeStart:t DateTimeStop:t Note:s",
    ),
)  # fmt: skip
BY_NAME = {table.name: table for table in TABLES}
BY_PATH = {table.path: table for table in TABLES if not table.hidden}
LOOKED_UP = {
    "patient": (("priProvAbbr", "PriProv", "provider", "Abbr"), ("secProvAbbr", "SecProv", "provider", "Abbr"), ("clinicAbbr", "ClinicNum", "clinic", "Abbr")),
    "appointment": (("confirmed", "Confirmed", "definition", "ItemName"), ("provAbbr", "ProvNum", "provider", "Abbr"), ("unschedStatus", "UnschedStatus", "definition", "ItemName")),
    "recall": (("recallStatus", "RecallStatus", "definition", "ItemName"),),
    "schedule": (("blockoutType", "BlockoutType", "definition", "ItemName"),),
    "procedurelog": (("procCode", "CodeNum", "procedurecode", "ProcCode"), ("descript", "CodeNum", "procedurecode", "Descript"), ("provAbbr", "ProvNum", "provider", "Abbr")),
    "adjustment": (("adjType", "AdjType", "definition", "ItemName"),),
    "payment": (("payType", "PayType", "definition", "ItemName"),),
    "document": (("docCategory", "DocCategory", "definition", "ItemName"),),
    "proctp": (("priority", "Priority", "definition", "ItemName"),),
    "allergy": (("defDescription", "AllergyDefNum", "allergydef", "Description"),),
    "disease": (("diseaseDefName", "DiseaseDefNum", "diseasedef", "DiseaseName"),),
    "medicationpat": (("medName", "MedicationNum", "medication", "MedName"),),
    "refattach": (("referralName", "ReferralNum", "referral", "LName"),),
}  # fmt: skip
"""Text that the API works out: its name, the number that it stands for, and where it is."""
