/**
 * Terms of the standard that may leave a header: what is not in a list is not shown, because sites write what they like into
 * any attribute.
 */
import type { DataSet } from "dicom-parser";
import { text, texts } from "./attributes.ts";

const words = (list: string): ReadonlySet<string> => new Set(list.trim().split(/\s+/));

// PS3.3 section C.7.3.1.1.1, with retired ones
const modalities = words(`
  ANN AR ASMT AU BDUS BI BMD CD CFM CR CS CT CTPROTOCOL DD DF DG DM DMS DOC DS DX EC ECG EEG EMG EOG EPS ES FA FID FS GM HC HD
  IO IOL IVOCT IVUS KER KO LEN LP LS MA MG MR MS M3D NM OAM OCT OP OPM OPR OPT OPTBSV OPTENF OPV OSS OT PA PLAN POS PR PT
  PX REG RESP RF RG RTDOSE RTIMAGE RTINTENT RTPLAN RTRAD RTRECORD RTSEGANN RTSTRUCT RWV SC SEG SM SMR SR SRF ST STAIN
  TEXTUREMAP TG US VA VF XA XAPROTOCOL XC`);

// PS3.16 annex L, and common older terms
const bodyParts = words(`
  ABDOMEN ABDOMENPELVIS ADRENAL ANKLE ANUS AORTA ARM AXILLA BACK BILEDUCT BLADDER BODY BRACHIALARTERY BRAIN BREAST BRONCHUS
  BUTTOCK CALCANEUS CALF CAROTID CEREBELLUM CEREBRALARTERY CERVIX CHEEK CHEST CHESTABDOMEN CHESTABDPELVIS CLAVICLE COCCYX
  COLON CORNEA CORONARYARTERY CSPINE CTSPINE DUODENUM EAR ELBOW ESOPHAGUS EXTREMITY EYE EYELID FACE FEMORALARTERY FEMUR FINGER
  FOOT FOREARM GALLBLADDER HAND HEAD HEADNECK HEART HIP HUMERUS IAC ILEUM ILIUM JAW JEJUNUM KIDNEY KNEE LARYNX LEG LIVER
  LOWERLEG LSPINE LSSPINE LUNG MANDIBLE MAXILLA MEDIASTINUM MOUTH NECK NECKCHEST NECKCHESTABDOMEN NECKCHESTABDPELV NOSE ORBIT
  OVARY PANCREAS PARANASALSINUS PAROTID PATELLA PELVIS PELVISLOWEXTREMT PENIS PHARYNX PROSTATE PULMONARYARTERY RADIUS
  RADIUSULNA RECTUM RIB SACRUM SCALP SCAPULA SCLERA SCROTUM SELLA SHOULDER SIJOINT SINUS SKULL SPINE SPLEEN SSPINE STERNUM
  STOMACH SUBMANDIBULAR TESTIS THIGH THORAX THUMB THYMUS THYROID TIBIA TIBIAFIBULA TLSPINE TMJ TOE TONGUE TOOTH TRACHEA TSPINE
  ULNA UPPERARM URETER URETHRA UTERUS VAGINA VULVA WHOLEBODY WRIST ZYGOMA`);

/** Attributes that may be asked for as a label: keyword, tag, and the terms that count. */
const attributes: Readonly<Record<string, { readonly tag: string; readonly terms: ReadonlySet<string> }>> = {
  Modality: { tag: "x00080060", terms: modalities },
  BodyPartExamined: { tag: "x00180015", terms: bodyParts },
  ViewPosition: {
    tag: "x00185101",
    terms: words(
      "AP PA LL RL RLD LLD RLO LLO LAT LATERAL LPO RPO LAO RAO OBL CC MLO ML LM LMO XCCL XCCM XCC FB SIO ISO",
    ),
  },
  Laterality: { tag: "x00200060", terms: words("R L") },
  ImageLaterality: { tag: "x00200062", terms: words("R L U B") },
  PatientPosition: {
    tag: "x00185100",
    terms: words("HFP HFS HFDR HFDL FFDR FFDL FFP FFS LFP LFS RFP RFS AFDR AFDL PFDR PFDL"),
  },
  PhotometricInterpretation: { tag: "x00280004", terms: words("MONOCHROME1 MONOCHROME2 RGB YBR_FULL YBR_FULL_422") },
  PresentationIntentType: { tag: "x00080068", terms: new Set(["FOR PRESENTATION", "FOR PROCESSING"]) },
  ConversionType: { tag: "x00080064", terms: words("DV DI DF WSD SD SI DRW SYN") },
  ScanningSequence: { tag: "x00180020", terms: words("SE IR GR EP RM") },
  MRAcquisitionType: { tag: "x00180023", terms: words("1D 2D 3D") },
};

/** Keywords of the attributes that `label` may name. */
export const labelAttributes: readonly string[] = Object.keys(attributes);

/** The value of a listed attribute, if it is one of the standard's terms. */
export function term(dataSet: DataSet, keyword: string): string | undefined {
  const { tag, terms } = attributes[keyword] as (typeof attributes)[string];
  const value = text(dataSet, tag)?.toUpperCase();
  return value !== undefined && terms.has(value) ? value : undefined;
}

/** Whether one of the values of Image Type (0008,0008) is this term. */
export function hasImageType(dataSet: DataSet, value: string): boolean {
  return texts(dataSet, "x00080008").some((part) => part.toUpperCase() === value);
}
