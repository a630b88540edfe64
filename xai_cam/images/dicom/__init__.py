"""DICOM files -> grey levels and colours, and nothing of the patient."""
