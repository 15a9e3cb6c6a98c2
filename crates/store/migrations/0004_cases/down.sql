DROP TABLE attachments;
DROP TABLE case_texts;
DROP TABLE baskets;
DROP TABLE drafts;
DROP TABLE document_tags;
DROP TABLE documents;
