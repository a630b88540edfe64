"""Boxes around objects, as people and tools draw them: tables, COCO JSON, folders of Pascal VOC XML."""
